import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import {
  OPERATIONS_EVENTS,
  OPERATIONS_NAMESPACE,
  type OperationsInput,
  type OperationsRequestName,
  type OperationsView,
  SHOWN_MAX,
} from '@parley/shared/operations';
import type { Ack, QualityReport, WireError } from '@parley/shared/protocol';
import type { Logger } from '@parley/shared/runtime';
import { io, type Socket } from 'socket.io-client';
import * as v from 'valibot';
import { FakeSfu } from '../sfu/sfu.fake.ts';
import { ADMIN_KEY, AdminClient } from '../testing/admin.ts';
import { startRedis } from '../testing/redis.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

/** An operator's page. What it is told must fit the schemas. */
class Operator {
  readonly socket: Socket;
  view: Partial<OperationsView> = {};
  changes = 0;

  constructor(t: TestContext, url: string, key: unknown = ADMIN_KEY) {
    this.socket = io(url + OPERATIONS_NAMESPACE, {
      transports: ['websocket'],
      auth: { key },
      reconnection: false,
      forceNew: true,
    });
    t.after(() => this.socket.disconnect());
    this.socket.on('view', (event) => {
      this.view = { ...this.view, ...v.parse(OPERATIONS_EVENTS.view, event).change } as Partial<OperationsView>;
      this.changes++;
    });
  }

  /** Lets them in, and has them look on. */
  static async come(t: TestContext, url: string, watch: Partial<OperationsInput<'watch'>> = {}): Promise<Operator> {
    const operator = new Operator(t, url);
    await new Promise<void>((resolve, reject) => {
      operator.socket.once('connect', resolve);
      operator.socket.once('connect_error', reject);
    });
    await operator.does('watch', { filter: '', roomId: null, ...watch });
    return operator;
  }

  /** With what they are turned away. */
  refusal(): Promise<WireError> {
    return new Promise((resolve, reject) => {
      this.socket.once('connect', () => reject(new Error('was let in')));
      this.socket.once('connect_error', (error) => resolve((error as Error & { data: WireError }).data));
    });
  }

  ask(name: string, input: unknown): Promise<Ack<object>> {
    return this.socket.timeout(10_000).emitWithAck(name, input);
  }

  async does<R extends OperationsRequestName>(name: R, input: OperationsInput<R>): Promise<void> {
    const answer = await this.ask(name, input);
    assert.ok(answer.ok, `${name}: ${JSON.stringify(answer)}`);
  }

  async isRefused(name: string, input: unknown): Promise<string> {
    const answer = await this.ask(name, input);
    assert.ok(!answer.ok, `${name} was not refused`);
    return answer.error.code;
  }

  sees(what: string, holds: (view: Partial<OperationsView>) => boolean | undefined): Promise<void> {
    return until(`the operator to see ${what}`, () => holds(this.view) ?? false);
  }
}

const start = (t: TestContext, env: Record<string, string> = {}, sfu = new FakeSfu('sfu-1')) =>
  TestServer.start(t, { sfu, env: { ADMIN_KEY, ...env } });

describe('the way in', () => {
  test('without a key set nobody comes in, whatever they show', async (t) => {
    const server = await TestServer.start(t);
    for (const key of ['', ADMIN_KEY, null]) {
      assert.equal((await new Operator(t, server.url, key).refusal()).code, 'unknown_request');
    }
  });

  test('only with the key; wrong ones are counted with those of /v1, and the right one still works', async (t) => {
    const server = await start(t);
    for (const key of ['', null, 7, { length: 3 }, 'x'.repeat(2_000)]) {
      assert.equal((await new Operator(t, server.url, key).refusal()).code, 'invalid_request');
    }
    for (let i = 0; i < 10; i++) {
      assert.equal((await new Operator(t, server.url, `${ADMIN_KEY}x`).refusal()).code, 'unauthorized');
      assert.equal((await new AdminClient(server.url, 'a-guess').refusal('GET', '/v1/rooms'))[0], 401);
    }
    const { code, retryAfterMs = 0 } = await new Operator(t, server.url, 'another-guess').refusal();
    assert.equal(code, 'rate_limited');
    assert.ok(retryAfterMs > 0);
    await Operator.come(t, server.url);
    assert.equal(await server.metric('parley_admin_requests_total{route="unknown",code="unauthorized"}'), 20);
  });

  test('the key is in no line of the log', async (t) => {
    const lines: string[] = [];
    const log = (message: string, fields?: object) => void lines.push(message + JSON.stringify(fields ?? {}));
    const logger: Logger = { debug: log, info: log, warn: log, error: log, child: () => logger } as Logger;
    const server = await TestServer.start(t, { env: { ADMIN_KEY }, logger });
    await new Operator(t, server.url, 'a-wrong-key-somebody-typed').refusal();
    const operator = await Operator.come(t, server.url);
    await operator.isRefused('room:end', { roomId: 'nowhere' });
    assert.ok(lines.some((line) => line.includes('operator came')));
    assert.ok(!lines.some((line) => line.includes(ADMIN_KEY) || line.includes('somebody-typed')));
  });

  test('a client without the key hears and does nothing of it, and so many operators are enough', async (t) => {
    const server = await start(t);
    const ann = await server.connect(t);
    assert.equal(await ann.refusal('watch', { filter: '', roomId: null }), 'unknown_request');
    // By a connection that is a client's already.
    const socket = ann.socket.io.socket(OPERATIONS_NAMESPACE, { auth: { key: 'wrong' } });
    const error = await new Promise<Error & { data?: WireError }>((resolve) => {
      socket.once('connect_error', resolve);
      socket.connect();
    });
    assert.equal(error.data?.code, 'invalid_request');
    for (let i = 0; i < 20; i++) await Operator.come(t, server.url);
    assert.equal((await new Operator(t, server.url).refusal()).code, 'server_full');
    await ann.join('lobby', 'Ann');
    assert.equal(await server.metric('parley_connections'), 1, 'operators are no clients');
  });
});

describe('what an operator sees', () => {
  test('a call appears, room by room, with who is in it; what has not changed is not told again', async (t) => {
    const server = await start(t);
    const operator = await Operator.come(t, server.url, { roomId: 'lobby' });
    await operator.sees(
      'nothing yet',
      ({ rooms, room, isStoreUp }) => rooms?.matching === 0 && room === null && isStoreUp,
    );
    const ann = await server.member(t, 'Ann');
    await operator.sees('Ann', ({ room }) => room?.participants[0]?.name === 'Ann');
    const { rooms, room, totals, signalingNodes } = operator.view;
    assert.deepEqual(rooms, {
      matching: 1,
      list: [{ roomId: 'lobby', participants: 1, topology: 'mesh', locked: false, nodes: [] }],
    });
    assert.deepEqual([room?.participants[0]?.id, room?.participants[0]?.nodeId], [ann.id, 'node-1']);
    assert.ok(!JSON.stringify(operator.view).includes(ann.joinId), 'nothing that would let anyone speak for them');
    assert.deepEqual(totals, { rooms: 1, participants: 1, connections: 1 });
    assert.deepEqual(signalingNodes, [{ nodeId: 'node-1', connections: 1, participants: 1 }]);
    await ann.request('room:leave', { roomId: 'lobby' });
    await operator.sees('the room to be gone', (view) => view.room === null && view.rooms?.matching === 0);
  });

  test('rooms by a part of their name, so many and no more', async (t) => {
    const server = await start(t, { USER_ROOMS_MAX: '200' });
    const ann = await server.connect(t);
    for (let i = 0; i < SHOWN_MAX.rooms + 5; i++) await ann.join(`Room ${String(i).padStart(3, '0')}`, 'Ann');
    const operator = await Operator.come(t, server.url);
    await operator.sees('all counted', ({ rooms }) => rooms?.matching === SHOWN_MAX.rooms + 5);
    assert.equal(operator.view.rooms?.list.length, SHOWN_MAX.rooms);
    await operator.does('watch', { filter: ' rOOm 00', roomId: null });
    await operator.sees('ten', ({ rooms }) => rooms?.matching === 10 && rooms.list.length === 10);
  });

  test('SFU nodes, where a room is on them, how it sounds and what handovers cost', async (t) => {
    const sfu = new FakeSfu();
    sfu.addNode('sfu-1', { region: 'north', cpu: 0.5 });
    const server = await start(t, { MESH_MAX_PEERS: '1', MESH_RETURN_PEERS: '0' }, sfu);
    const operator = await Operator.come(t, server.url, { roomId: 'lobby' });
    const ann = await server.member(t, 'Ann');
    await server.member(t, 'Ben');
    await operator.sees('the placement', ({ room }) => room?.sfu[0]?.placement?.home.nodeId === 'sfu-1');
    assert.deepEqual(operator.view.rooms?.list[0]?.nodes, ['sfu-1']);
    assert.deepEqual(
      operator.view.sfuNodes?.map(({ nodeId, region, cpu, draining }) => [nodeId, region, cpu, draining]),
      [['sfu-1', 'north', 0.5, false]],
    );
    const report: QualityReport = {
      ...{ roomId: 'lobby', path: 'sfu', mos: 4.1, rtt: 1, jitter: 1, jitterBuffer: 1, loss: 0, sendBitrate: 1 },
      ...{ receiveBitrate: 1, firstAudioMs: 1, attempts: [], handovers: [{ from: 'mesh', to: 'sfu', silenceMs: 12 }] },
    };
    await ann.request('quality:report', report);
    await operator.sees('the score', ({ quality }) => quality?.points[0]?.sfu.count === 1);
    assert.equal(operator.view.quality?.points[0]?.sfu.sum, 4.1);
    const [silence] = operator.view.silences ?? [];
    assert.deepEqual([silence?.roomId, silence?.to, silence?.listeners, silence?.silenceMs], ['lobby', 'sfu', 1, 12]);
  });
});

describe('what an operator does', () => {
  test('mutes, ends and drains, as the admin API does; what cannot be done is said', async (t) => {
    const server = await start(t, { MESH_MAX_PEERS: '1', MESH_RETURN_PEERS: '0' });
    const operator = await Operator.come(t, server.url, { roomId: 'lobby' });
    const ann = await server.member(t, 'Ann');
    const ben = await server.member(t, 'Ben');
    await operator.does('participant:mute', { roomId: 'lobby', participantId: ben.id, silenced: true });
    await ann.hears('participantUpdated', ({ participant }) => participant.id === ben.id && participant.silenced);
    await operator.sees('Ben silenced', ({ room }) =>
      room?.participants.some(({ id, silenced }) => id === ben.id && silenced),
    );

    await operator.does('node:drain', { nodeId: 'sfu-1' });
    await operator.sees('the node to drain', ({ sfuNodes }) => sfuNodes?.[0]?.draining);

    await operator.does('room:end', { roomId: 'lobby' });
    await until('they are told', () => ann.closed[0]?.code === 'room_ended');
    await operator.sees('the room to be gone', ({ room }) => room === null);

    assert.equal(await operator.isRefused('node:drain', { nodeId: 'sfu-9' }), 'not_found');
    assert.equal(await operator.isRefused('room:end', { roomId: 'nowhere' }), 'room_not_found');
    const nobody = { roomId: 'lobby', participantId: 'x', silenced: true };
    assert.equal(await operator.isRefused('participant:mute', nobody), 'room_not_found');
    for (const [name, input] of [
      ['room:end', {}],
      ['room:end', null],
      ['node:drain', { nodeId: '' }],
      ['watch', { filter: 'x'.repeat(65), roomId: null }],
      ['watch', { filter: '' }],
    ] as const) {
      assert.equal(await operator.isRefused(name, input), 'invalid_request', name);
    }
    assert.equal(await operator.isRefused('__proto__', {}), 'unknown_request');
    assert.equal(await operator.isRefused('room:join', {}), 'unknown_request');
    assert.equal(await server.metric('parley_admin_requests_total{route="/v1/rooms/:id/mute",code="ok"}'), 1);
  });

  test('requests of a second are bounded, with those of the admin API', async (t) => {
    const server = await start(t, { ADMIN_REQUESTS_PER_SECOND: '2' });
    const operator = await Operator.come(t, server.url);
    const answers = await Promise.all(Array.from({ length: 8 }, () => operator.isRefused('room:end', { roomId: 'x' })));
    assert.ok(answers.includes('rate_limited'));
  });
});

test('one node shows what is at all of them, though it alone has the key', async (t) => {
  const redis = await startRedis(t);
  const sfu = Object.assign(new FakeSfu('sfu-1'), { close: () => {} });
  const key = (id: string): Record<string, string> => (id === 'a' ? { ADMIN_KEY } : {});
  const [a, b] = await Promise.all(
    ['a', 'b'].map((id) => TestServer.start(t, { sfu, env: { ...key(id), REDIS_URL: redis.url, NODE_ID: id } })),
  );
  assert.ok(a && b);
  const operator = await Operator.come(t, a.url, { roomId: 'attic' });
  const ben = await b.member(t, 'Ben', 'attic');
  await operator.sees('a room of the other node', ({ room }) => room?.participants[0]?.nodeId?.startsWith('b.'));
  await ben.request('quality:report', {
    ...{ roomId: 'attic', path: 'mesh', mos: 3, rtt: 1, jitter: 1, jitterBuffer: 1, loss: 0, sendBitrate: 1 },
    ...{ receiveBitrate: 1, firstAudioMs: null, attempts: [] },
  });
  await operator.sees('how it sounds there', ({ quality }) => quality?.points.some(({ mesh }) => mesh.poor === 1));
  await operator.sees(
    'how many are there',
    ({ signalingNodes, totals }) =>
      signalingNodes?.length === 2 && signalingNodes[1]?.connections === 1 && totals?.participants === 1,
  );
  await operator.does('participant:mute', { roomId: 'attic', participantId: ben.id, silenced: true });
  await ben.hears('participantUpdated', ({ participant }) => participant.silenced);

  await redis.stop();
  await operator.sees('that rooms are as they were', ({ isStoreUp, rooms }) => !isStoreUp && rooms?.matching === 1);
  await redis.start();
  await operator.sees('them again', ({ isStoreUp, room }) => isStoreUp && room?.participants[0]?.silenced);
});
