import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { REQUEST_NAMES, REQUESTS } from '@parley/shared/protocol';
import { createLogger, FakeClock } from '@parley/shared/runtime';
import fc from 'fast-check';
import * as v from 'valibot';
import { dtlsParameters, rtpCapabilities, rtpParameters } from '../testing/media.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

const GARBAGE = [undefined, null, true, 0, -1, '', 'x', [], [1], {}, { roomId: {} }, { roomId: 7, epoch: '1' }];

describe('whatever a client sends', () => {
  test('every request answers garbage with invalid_request', async (t) => {
    const server = await TestServer.start(t);
    const ann = await server.member(t, 'Ann');
    const before = await ann.snapshot();
    const inputs = [...GARBAGE, Buffer.from('binary'), { roomId: Buffer.from('lobby') }];
    for (const name of REQUEST_NAMES) {
      // Where every field may be left out, an object with none of them is no garbage.
      const garbage = inputs.filter((input) => !v.is(REQUESTS[name].input, input));
      const codes = await Promise.all(garbage.map((input) => ann.refusal(name, input)));
      assert.deepEqual(new Set(codes), new Set(['invalid_request']), name);
    }
    const answer = await ann.ask('self:update', { roomId: 'lobby', muted: 'yes', deafened: false });
    assert.ok(!answer.ok);
    assert.equal(answer.error.path, 'muted');
    const { topologyToken: _, ...after } = await ann.snapshot();
    const { topologyToken: __, ...unchanged } = before;
    assert.deepEqual(after, unchanged);
  });

  test('random shapes are refused or understood, never more', async (t) => {
    const failures: string[] = [];
    const logger = createLogger({ level: 'error', write: (line) => failures.push(line) });
    const server = await TestServer.start(t, { logger });
    const ann = await server.member(t, 'Ann');
    const eve = await server.connect(t);
    const some = fc.oneof(
      fc.constantFrom('lobby', 'elsewhere', ann.id, 1, 2, true, false, 'no_direct_path'),
      fc.jsonValue({ maxDepth: 3 }),
    );
    const keys = ['roomId', 'epoch', 'to', 'name', 'muted', 'deafened', 'joinId', 'signal', 'reason', 'transportId'];
    const input = fc.dictionary(fc.constantFrom(...keys), some);
    const requests = fc.array(fc.tuple(fc.constantFrom(...REQUEST_NAMES), input), { minLength: 20, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(requests, async (batch) => {
        const answers = await Promise.all(batch.map(([name, value]) => eve.ask(name, value)));
        for (const [i, answer] of answers.entries()) {
          assert.ok(answer.ok || answer.error.code !== 'internal', JSON.stringify(batch[i]));
        }
      }),
      { numRuns: 30 },
    );
    assert.deepEqual(failures, []);
    assert.ok((await ann.snapshot()).participants.some(({ id }) => id === ann.id));
  });

  test('unknown requests are answered, and what cannot be answered is ignored', async (t) => {
    const server = await TestServer.start(t);
    const ann = await server.member(t, 'Ann');
    for (const name of ['nothing', 'constructor', '__proto__', 'toString', 'room:event', 'mesh:Signal']) {
      assert.equal(await ann.refusal(name, {}), 'unknown_request');
    }
    ann.socket.emit('room:leave', { roomId: 'lobby' });
    ann.socket.emit('room:leave');
    ann.socket.emit('nothing');
    ann.socket.emit('room:leave', { roomId: 'lobby' }, { not: 'an acknowledgement' });
    assert.equal((await ann.snapshot()).participants.length, 1);
    const answer = await ann.socket.timeout(5000).emitWithAck('room:leave', { roomId: 'lobby' }, 'one too many');
    assert.equal(answer.error.code, 'invalid_request');
  });

  test('names have 1 to 64 characters and none that control', async (t) => {
    const server = await TestServer.start(t);
    const client = await server.connect(t);
    const input = { roomId: 'lobby', name: 'Ann', muted: false, deafened: false, joinId: 'join-id-0' };
    for (const bad of ['', '   ', 'a\u0000b', 'a\nb', '\u202egnp.exe', 'x'.repeat(65), '👋'.repeat(65), '\ud800']) {
      assert.equal(await client.refusal('room:join', { ...input, name: bad }), 'invalid_request', JSON.stringify(bad));
      assert.equal(
        await client.refusal('room:join', { ...input, roomId: bad }),
        'invalid_request',
        JSON.stringify(bad),
      );
    }
    const name = '👋'.repeat(64);
    const { snapshot } = await client.request('room:join', { ...input, roomId: '  padded  ', name });
    assert.deepEqual([snapshot.roomId, snapshot.participants[0]?.name], ['padded', name]);
  });

  test('twice, late and out of order', async (t) => {
    const server = await TestServer.start(t, { env: { MESH_MAX_PEERS: '2' } });
    const ann = await server.member(t, 'Ann');
    const ben = await server.member(t, 'Ben');
    const cal = await server.member(t, 'Cal');
    const people = [ann, ben, cal];
    assert.equal(await ann.refusal('room:ready', { roomId: 'lobby', epoch: 3 }), 'stale_epoch');
    for (const person of people) {
      for (const epoch of [2, 1, 2]) await person.request('room:ready', { roomId: 'lobby', epoch });
    }
    assert.equal(await ann.reaches('sfu'), 3);
    for (const epoch of [2, 3]) await ann.request('room:ready', { roomId: 'lobby', epoch });
    assert.equal((await ann.snapshot()).topology.epoch, 3);
    await ann.request('room:requestSfu', { roomId: 'lobby', epoch: 1, reason: 'weak_uplink' });
    const leave = { roomId: 'lobby' };
    const answers = await Promise.all([cal.ask('room:leave', leave), cal.ask('room:leave', leave)]);
    assert.deepEqual(
      answers.map((answer) => (answer.ok ? 'ok' : answer.error.code)),
      ['ok', 'not_in_room'],
    );
  });

  test('before joining: nothing of a room can be asked', async (t) => {
    const server = await TestServer.start(t);
    await server.member(t, 'Ann');
    const eve = await server.connect(t);
    const at = { roomId: 'lobby', epoch: 1 };
    for (const [name, input] of [
      ['room:leave', {}],
      ['room:snapshot', {}],
      ['room:ready', {}],
      ['room:requestSfu', { reason: 'weak_uplink' }],
      ['self:update', { muted: true, deafened: true }],
      ['mesh:signal', { to: 'somebody', signal: { instance: 'x' } }],
      ['sfu:open', {}],
      ['sfu:connect', { transportId: 't', dtlsParameters }],
      ['sfu:restartIce', { transportId: 't' }],
      ['sfu:produce', { transportId: 't', rtpParameters, paused: false }],
      ['sfu:pauseProducer', { producerId: 'p', paused: true }],
      ['sfu:closeProducer', { producerId: 'p' }],
      ['sfu:consume', { producerIds: ['p'], rtpCapabilities }],
      ['sfu:resumeConsumers', { consumerIds: ['c'] }],
    ] as const) {
      assert.equal(await eve.refusal(name, { ...at, ...input }), 'not_in_room', name);
    }
    assert.deepEqual(server.sfu.log, []);
  });
});

describe('too much', () => {
  test('a message that is too large ends its connection with 1009, and touches nobody else', async (t) => {
    const server = await TestServer.start(t);
    const ann = await server.member(t, 'Ann');
    const ben = await server.member(t, 'Ben');
    const raw = (ben.socket.io.engine.transport as unknown as { ws: WebSocket }).ws;
    const code = new Promise<number>((resolve) => raw.addEventListener('close', (event) => resolve(event.code)));
    ben.socket.emit('room:snapshot', { roomId: 'x'.repeat(65 * 1024) }, () => {});
    assert.equal(await code, 1009);
    assert.equal(await server.metric('parley_limit_hits_total{limit="payload"}'), 1);
    await ann.hears('participantUpdated', ({ participant }) => participant.connection === 'reconnecting');
    const back = await server.connect(t);
    assert.equal((await back.resume(ben)).selfId, ben.id);
  });

  test('more requests at once than a client has use for are refused, and so are no later ones', async (t) => {
    const server = await TestServer.start(t, { env: { MESH_MAX_PEERS: '1' } });
    const ann = await server.member(t, 'Ann');
    let open = () => {};
    server.sfu.gate = new Promise((resolve) => {
      open = resolve;
    });
    const path = { roomId: 'lobby', epoch: 1, reason: 'weak_uplink' };
    const asking = Array.from({ length: 70 }, () => ann.ask('room:requestSfu', path));
    const refused = await Promise.all(asking.slice(64));
    assert.ok(refused.every((answer) => !answer.ok && answer.error.code === 'rate_limited' && answer.error.retryable));
    open();
    assert.ok((await Promise.all(asking.slice(0, 64))).every((answer) => answer.ok));
    await ann.snapshot();
  });

  test('a request that hangs is answered with timeout, and does nothing any more', async (t) => {
    const clock = new FakeClock();
    const server = await TestServer.start(t, { clock, env: { MESH_MAX_PEERS: '1', REQUEST_DEADLINE_MS: '5000' } });
    const ann = await server.member(t, 'Ann');
    let open = () => {};
    server.sfu.gate = new Promise((resolve) => {
      open = resolve;
    });
    const ben = await server.connect(t);
    const input = { roomId: 'lobby', name: 'Ben', muted: false, deafened: false, joinId: 'join-of-ben' };
    const asking = ben.refusal('room:join', input);
    await until('the SFU to be asked', () => server.sfu.log.length > 0);
    clock.advance(5_000);
    assert.equal(await asking, 'timeout');
    // Said again while the first is still on its way: that one comes to nothing, this one does not.
    const again = ben.request('room:join', input);
    server.sfu.gate = undefined;
    open();
    const { selfId } = await again;
    const { participants } = await ben.snapshotOf('lobby');
    assert.deepEqual(
      participants.map(({ id }) => id),
      [ann.id, selfId],
    );
    await until('Ann to hear of it', () => ann.heard.length > 0);
    assert.deepEqual(
      ann.heard.map(({ type }) => type).filter((type) => type.startsWith('participant')),
      ['participantJoined'],
    );
  });

  test('a fault of ours is internal, and logged', async (t) => {
    const lines: string[] = [];
    const logger = createLogger({ level: 'error', write: (line) => lines.push(line) });
    const server = await TestServer.start(t, { logger });
    const ann = await server.member(t, 'Ann');
    server.store.read = () => Promise.reject(new Error('the store is broken'));
    assert.equal(await ann.refusal('room:snapshot', { roomId: 'lobby' }), 'internal');
    await until('the log line', () => lines.some((line) => line.includes('the store is broken')));
  });
});
