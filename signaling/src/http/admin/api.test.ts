import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import type { WorkerState } from '@parley/shared/control';
import { ERROR_CODES } from '@parley/shared/protocol';
import { FakeSfu } from '../../sfu/sfu.fake.ts';
import { ADMIN_KEY, AdminClient } from '../../testing/admin.ts';
import { TestServer } from '../../testing/server.ts';
import { until } from '../../testing/until.ts';
import { MAX_BODY_BYTES } from './body.ts';
import { STATUS } from './status.ts';

async function start(t: TestContext, env: Record<string, string> = {}) {
  const server = await TestServer.start(t, { env: { ADMIN_KEY, ...env } });
  return { server, admin: new AdminClient(server.url) };
}

describe('the way in', () => {
  test('without a key set there is no admin API', async (t) => {
    const server = await TestServer.start(t);
    const [status, { code }] = await new AdminClient(server.url).refusal('GET', '/v1/rooms');
    assert.deepEqual([status, code], [404, 'unknown_request']);
  });

  test('only with the key, whatever else is wrong; a browser page gets no leave to use it', async (t) => {
    const { server } = await start(t);
    for (const authorization of [undefined, '', ADMIN_KEY, `Basic ${ADMIN_KEY}`, 'Bearer', `Bearer ${ADMIN_KEY}x`]) {
      for (const path of ['/v1/rooms', '/v1/nothing', '/v1']) {
        const response = await fetch(server.url + path, {
          headers: { Origin: server.url, ...(authorization === undefined ? {} : { Authorization: authorization }) },
        });
        assert.deepEqual([response.status, response.headers.get('www-authenticate')], [401, 'Bearer']);
        assert.equal(response.headers.get('access-control-allow-origin'), null);
      }
    }
    const right = await fetch(`${server.url}/v1/rooms`, { headers: { Authorization: `bearer ${ADMIN_KEY}` } });
    assert.equal(right.status, 200);
    const preflight = await fetch(`${server.url}/v1/rooms`, { method: 'OPTIONS' });
    assert.equal(preflight.status, 401);
  });

  test('wrong keys are counted, and told to wait; the right one still works', async (t) => {
    const { server, admin } = await start(t);
    const stranger = new AdminClient(server.url, 'a-guess-and-another-guess');
    for (let i = 0; i < 20; i++) assert.equal((await stranger.refusal('GET', '/v1/rooms'))[0], 401);
    const { status, headers } = await stranger.ask('GET', '/v1/rooms');
    assert.equal(status, 429);
    assert.ok(Number(headers.get('retry-after')) > 0);
    await admin.get('/v1/rooms');
  });

  test('requests of a second are bounded', async (t) => {
    const { admin } = await start(t, { ADMIN_REQUESTS_PER_SECOND: '1' });
    const answers = await Promise.all(Array.from({ length: 8 }, () => admin.ask('GET', '/v1/rooms')));
    assert.ok(answers.some(({ status, headers }) => status === 429 && headers.get('retry-after') === '1'));
  });

  test('what is not there is not found, another method is told which there are', async (t) => {
    const { admin, server } = await start(t);
    for (const path of ['/v1', '/v1/', '/v1/rooms/', '/v1/rooms/a/b/c', '/v1/rooms/a/burn', '/v1/__proto__']) {
      const method = path.endsWith('/rooms/') ? 'POST' : 'GET';
      const [status] = await admin.refusal(method, path);
      assert.ok(status === 404 || status === 405, `${path} ${status}`);
    }
    const { status, headers } = await admin.ask('DELETE', '/v1/rooms/lobby');
    assert.deepEqual([status, headers.get('allow')], [405, 'GET']);
    assert.equal(await server.metric('parley_admin_requests_total{route="unknown",code="unknown_request"}'), 7);
  });

  test('bodies are bounded and must be JSON', async (t) => {
    const { admin, server } = await start(t);
    const large = JSON.stringify({ name: 'a', data: 'x'.repeat(MAX_BODY_BYTES) });
    assert.deepEqual((await admin.refusal('POST', '/v1/events', large))[0], 413);
    const [status, { code }] = await admin.refusal('POST', '/v1/events', '{"name": ');
    assert.deepEqual([status, code], [400, 'invalid_request']);
    const [, { path }] = await admin.refusal('POST', '/v1/events', '{"name": "a"}');
    assert.equal(path, 'data');
    // One that says nothing of its length, and has no end.
    const refused = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { Authorization: `Bearer ${ADMIN_KEY}` };
      const upload = request(`${server.url}/v1/events`, { method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
        clearInterval(writing);
        upload.destroy();
      });
      upload.on('error', reject);
      const writing = setInterval(() => upload.write('x'.repeat(8 * 1024)), 1);
    });
    assert.equal(refused, 413);
    await admin.get('/v1/rooms');
  });

  test('every error has a status', () => {
    assert.deepEqual(new Set(Object.keys(STATUS)), new Set(ERROR_CODES));
    for (const status of Object.values(STATUS)) assert.ok(status >= 400 && status < 600);
  });
});

describe('rooms', () => {
  test('are listed page by page in the order of their names, whatever they are called', async (t) => {
    const { server, admin } = await start(t);
    const names = ['a', 'B', 'a/b', '100 %', 'ä', '👋', '?x=1#y', '..'];
    const ann = await server.connect(t);
    for (const name of names) await ann.join(name, 'Ann');
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const after: string = next === '' ? '' : `&after=${encodeURIComponent(next)}`;
      const page: { rooms: { roomId: string }[]; next: string | null } = await admin.get(`/v1/rooms?limit=3${after}`);
      assert.ok(page.rooms.length <= 3);
      seen.push(...page.rooms.map(({ roomId }) => roomId));
      next = page.next;
    }
    assert.deepEqual(seen, [...names].sort());
    // A path of dots is gone before it is sent; all others arrive as they are.
    for (const name of names.filter((name) => name !== '..')) {
      const room = await admin.get<{ roomId: string }>(`/v1/rooms/${encodeURIComponent(name)}`);
      assert.equal(room.roomId, name);
    }
    for (const query of ['limit=0', 'limit=201', 'limit=x', 'limit=-1', 'after=']) {
      assert.equal((await admin.refusal('GET', `/v1/rooms?${query}`))[0], 400, query);
    }
  });

  test('one is told with who is in it', async (t) => {
    const { server, admin } = await start(t);
    const ann = await server.member(t, 'Ann');
    const room = await admin.get<{ participants: object[]; topology: object; locked: boolean }>('/v1/rooms/lobby');
    assert.equal(room.locked, false);
    assert.equal(room.participants.length, 1);
    const [participant] = (await ann.snapshot()).participants;
    assert.deepEqual(room.participants, [{ ...participant, nodeId: 'node-1' }]);
    const secrets = JSON.stringify(room);
    assert.ok(!secrets.includes(ann.joinId), 'nothing that would let anyone speak for them');
    assert.deepEqual((await admin.refusal('GET', '/v1/rooms/nowhere'))[1].code, 'room_not_found');
    assert.equal((await admin.refusal('GET', '/v1/rooms/%zz'))[0], 400);
  });
});

describe('moderation', () => {
  test('mute: everyone sees it; said twice it is said once', async (t) => {
    const { server, admin } = await start(t);
    const ann = await server.member(t, 'Ann');
    const ben = await server.member(t, 'Ben');
    for (let i = 0; i < 2; i++) await admin.post('/v1/rooms/lobby/mute', { participantId: ben.id });
    await ann.hears('participantUpdated', ({ participant }) => participant.id === ben.id && participant.silenced);
    await admin.post('/v1/rooms/lobby/mute', { participantId: ben.id, silenced: false });
    await ann.hears('participantUpdated', ({ participant }) => participant.id === ben.id && !participant.silenced);
    assert.equal(ann.heard.filter(({ type }) => type === 'participantUpdated').length, 2);
    const bad = [{}, { participantId: ben.id, userId: 'x' }, { participantId: '' }, { userId: 7 }, { silenced: 1 }];
    for (const body of bad) assert.equal((await admin.refusal('POST', '/v1/rooms/lobby/mute', body))[0], 400);
    const [status, { code }] = await admin.refusal('POST', '/v1/rooms/lobby/mute', { participantId: 'x' });
    assert.deepEqual([status, code], [404, 'participant_not_found']);
  });

  test('remove: they are told why, cannot resume, and may join anew', async (t) => {
    const { server, admin } = await start(t);
    const ann = await server.member(t, 'Ann');
    const ben = await server.member(t, 'Ben');
    await admin.post('/v1/rooms/lobby/remove', { participantId: ben.id });
    await ann.hears('participantLeft', ({ reason }) => reason === 'removed');
    await until('Ben to be told', () => ben.closed.length === 1);
    assert.deepEqual([ben.closed[0]?.code, ben.closed[0]?.roomId], ['removed', 'lobby']);
    assert.equal(await ben.refusal('room:snapshot', { roomId: 'lobby' }), 'not_in_room');
    assert.equal(await ben.refusal('room:resume', ben.resumeInput), 'removed');
    await ben.join('lobby', 'Ben');
  });

  test('ban: no connection of the user comes in until it is over, or lifted', async (t) => {
    const { server, admin } = await start(t);
    await server.member(t, 'Ann');
    const ben = await server.member(t, 'Ben');
    const { participants } = await ben.snapshot();
    const userId = participants.find(({ id }) => id === ben.id)?.userId;
    await admin.post('/v1/rooms/lobby/ban', { userId, banMs: 60_000 });
    await until('Ben to be told', () => ben.closed[0]?.code === 'banned');
    const input = { roomId: 'lobby', name: 'Ben', muted: false, deafened: false, joinId: 'another-join' };
    const answer = await ben.ask('room:join', input);
    assert.ok(!answer.ok && answer.error.code === 'banned' && !answer.error.retryable);
    const { retryAfterMs = 0 } = answer.error;
    assert.ok(retryAfterMs > 50_000 && retryAfterMs <= 60_000);
    assert.equal(await ben.refusal('room:resume', ben.resumeInput), 'banned');
    await ben.join('another room', 'Ben');
    await admin.post('/v1/rooms/lobby/ban', { userId, banMs: 0 });
    await ben.request('room:join', input);
    for (const banMs of [undefined, -1, 1.5, '1', 10 ** 12]) {
      assert.equal((await admin.refusal('POST', '/v1/rooms/lobby/ban', { userId, banMs }))[0], 400);
    }
  });

  test('ban: of somebody who is not there, from a room that is not there', async (t) => {
    const { server, admin } = await start(t);
    const ben = await server.member(t, 'Ben', 'elsewhere');
    const userId = (await ben.snapshot()).participants[0]?.userId;
    await admin.post('/v1/rooms/lobby/ban', { userId, banMs: 60_000 });
    const input = { roomId: 'lobby', name: 'Ben', muted: false, deafened: false, joinId: 'another-join' };
    assert.equal(await ben.refusal('room:join', input), 'banned');
    const [status, { code }] = await admin.refusal('POST', '/v1/rooms/nowhere/ban', { participantId: 'x', banMs: 1 });
    assert.deepEqual([status, code], [404, 'room_not_found']);
  });

  test('lock: nobody new comes in, who drops comes back', async (t) => {
    const { server, admin } = await start(t);
    const ann = await server.member(t, 'Ann');
    await admin.post('/v1/rooms/lobby/lock');
    await ann.hears('roomUpdated', ({ locked }) => locked);
    assert.equal((await ann.snapshot()).locked, true);
    const ben = await server.connect(t);
    const input = { roomId: 'lobby', name: 'Ben', muted: false, deafened: false, joinId: 'another-join' };
    assert.equal(await ben.refusal('room:join', input), 'room_locked');
    ann.cut();
    const again = await server.connect(t);
    await again.resume(ann);
    await admin.post('/v1/rooms/lobby/unlock');
    await ben.request('room:join', input);
    assert.equal((await admin.refusal('POST', '/v1/rooms/nowhere/lock'))[0], 404);
  });

  test('end: everyone is told, the SFU room is closed, nobody brings the room back', async (t) => {
    const { server, admin } = await start(t, { MESH_MAX_PEERS: '2', MESH_RETURN_PEERS: '1' });
    const people = [await server.member(t, 'Ann'), await server.member(t, 'Ben'), await server.member(t, 'Cal')];
    const [ann, ben, cal] = people;
    assert.ok(ann && ben && cal);
    assert.equal(server.sfu.counts().rooms, 1);
    cal.cut();
    await ann.hears('participantUpdated', ({ participant }) => participant.connection === 'reconnecting');
    await admin.post('/v1/rooms/lobby/end');
    for (const person of [ann, ben]) {
      await until('they are told', () => person.closed[0]?.code === 'room_ended');
      assert.ok(!person.heard.some(({ type }) => type === 'participantLeft'), 'of themselves alone');
    }
    await until('the SFU room to be closed', () => server.sfu.counts().rooms === 0);
    const back = await server.connect(t);
    await back.become(cal);
    assert.equal(await back.refusal('room:resume', cal.resumeInput), 'room_ended');
    assert.equal(await server.store.count(), 0);
    assert.equal((await admin.refusal('POST', '/v1/rooms/lobby/end'))[0], 404);
    await ann.join('lobby', 'Ann');
  });

  test('over the socket it is for moderators', async (t) => {
    const { server } = await start(t);
    const ann = await server.member(t, 'Ann');
    const ben = await server.member(t, 'Ben');
    const someone = { roomId: 'lobby', participantId: ben.id };
    assert.equal(await ann.refusal('moderate:mute', { ...someone, silenced: true }), 'not_allowed');
    assert.equal(await ann.refusal('moderate:remove', someone), 'not_allowed');
    assert.equal(await ann.refusal('moderate:remove', { ...someone, banMs: 1 }), 'not_allowed');
    assert.equal(await ann.refusal('room:lock', { roomId: 'lobby', locked: true }), 'not_allowed');
    assert.equal(await ann.refusal('room:end', { roomId: 'lobby' }), 'not_allowed');
    assert.equal(await ann.refusal('room:end', { roomId: 'elsewhere' }), 'not_in_room');
  });
});

describe('events', () => {
  test('reach one user, one room, or everyone', async (t) => {
    const { server, admin } = await start(t);
    const ann = await server.member(t, 'Ann', 'red');
    const ben = await server.member(t, 'Ben', 'blue');
    const cal = await server.connect(t);
    const userId = (await ann.snapshot()).participants[0]?.userId ?? '';
    const data = { worth: [1, '👋', null] };
    const users = `/v1/users/${encodeURIComponent(userId)}`;
    await until('Ann to be online', async () => (await admin.get<{ online: boolean }>(users)).online);
    assert.deepEqual(await admin.post(`${users}/events`, { name: 'gift', data }), { online: true });
    await admin.post('/v1/rooms/blue/events', { name: 'round', data: 2 });
    await admin.post('/v1/events', { name: 'news', data: 'x'.repeat(16_000) });
    await until('all to have heard the last', () => [ann, ben, cal].every((one) => one.appEvents.length >= 1));
    assert.deepEqual(ann.appEvents[0], { name: 'gift', data });
    assert.deepEqual(ben.appEvents[0], { name: 'round', data: 2, roomId: 'blue' });
    assert.deepEqual(
      [ann, ben, cal].map((one) => one.appEvents.map(({ name }) => name)),
      [['gift', 'news'], ['round', 'news'], ['news']],
    );
  });

  test('for somebody who is away are for nobody; for a room that is not there, an error', async (t) => {
    const { admin } = await start(t);
    assert.deepEqual(await admin.post('/v1/users/nobody/events', { name: 'gift', data: 1 }), { online: false });
    const [status, { code }] = await admin.refusal('POST', '/v1/rooms/nowhere/events', { name: 'gift', data: 1 });
    assert.deepEqual([status, code], [404, 'room_not_found']);
    const large = { name: 'gift', data: 'x'.repeat(17_000) };
    assert.deepEqual((await admin.refusal('POST', '/v1/events', large))[1].path, 'data');
  });
});

test('a user is online, and where', async (t) => {
  const { server, admin } = await start(t);
  const ann = await server.member(t, 'Ann', 'red');
  await ann.join('blue', 'Ann');
  const userId = (await ann.snapshot()).participants[0]?.userId ?? '';
  const path = `/v1/users/${encodeURIComponent(userId)}`;
  await until('Ann to be in both', async () => (await admin.get<{ rooms: string[] }>(path)).rooms.length === 2);
  assert.deepEqual(await admin.get(path), { userId, online: true, rooms: ['blue', 'red'] });
  assert.deepEqual(await admin.get('/v1/users/nobody'), { userId: 'nobody', online: false, rooms: [] });
});

describe('SFU nodes', () => {
  test('are listed, and told to drain', async (t) => {
    const sfu = new FakeSfu();
    const pool: WorkerState[] = [{ state: 'silent', load: 0.5, cpu: 0.25, peers: 3, deaths: 1 }];
    sfu.addNode('sfu-2', { region: 'south', peers: 3, pool });
    sfu.addNode('sfu-1', { region: 'north', url: 'http://sfu-1:4000', load: 0.25, cpu: 0.5 });
    const server = await TestServer.start(t, { sfu, env: { ADMIN_KEY } });
    const admin = new AdminClient(server.url);
    const { nodes } = await admin.get<{ nodes: { id: string; draining: boolean; pool?: object }[] }>('/v1/nodes');
    assert.deepEqual(nodes[0], {
      ...{ id: 'sfu-1', url: 'http://sfu-1:4000', region: 'north', capacity: 1000, workers: 1, rooms: 0, peers: 0 },
      ...{ load: 0.25, cpu: 0.5, draining: false, since: 0 },
    });
    assert.deepEqual([nodes[1]?.id, nodes[1]?.pool], ['sfu-2', pool]);

    assert.deepEqual(await admin.post('/v1/nodes/sfu-1/drain', { deadlineMs: 5_000 }), {});
    assert.deepEqual(await admin.post('/v1/nodes/sfu-2/drain'), {});
    const drains = sfu.log.filter(({ name }) => name === 'node:drain');
    assert.deepEqual(
      drains.map(({ nodeId, input }) => [nodeId, input]),
      [
        ['sfu-1', { deadlineMs: 5_000 }],
        ['sfu-2', { deadlineMs: null }],
      ],
    );
    assert.ok((await admin.get<{ nodes: typeof nodes }>('/v1/nodes')).nodes.every(({ draining }) => draining));
    const [status, { code }] = await admin.refusal('POST', '/v1/nodes/sfu-9/drain');
    assert.deepEqual([status, code], [404, 'not_found']);
    const [wrong, { path }] = await admin.refusal('POST', '/v1/nodes/sfu-1/drain', { deadlineMs: -1 });
    assert.deepEqual([wrong, path], [400, 'deadlineMs']);
  });

  test('a room says where its SFU has it, and is shown too when the node does not answer', async (t) => {
    const sfu = new FakeSfu('sfu-1');
    const server = await TestServer.start(t, { sfu, env: { ADMIN_KEY, MESH_MAX_PEERS: '1', MESH_RETURN_PEERS: '0' } });
    const admin = new AdminClient(server.url);
    await server.member(t, 'Ann');
    await server.member(t, 'Ben');
    type Shown = { sfu: { nodeId: string; sfuRoomId: string; epoch: number; placement: { home: unknown } | null }[] };
    const [path] = (await admin.get<Shown>('/v1/rooms/lobby')).sfu;
    assert.deepEqual([path?.nodeId, path?.epoch, sfu.rooms.has(path?.sfuRoomId ?? '')], ['sfu-1', 2, true]);
    assert.deepEqual(path?.placement?.home, { nodeId: 'sfu-1', worker: 0 });
    sfu.nodes.delete('sfu-1');
    assert.equal((await admin.get<Shown>('/v1/rooms/lobby')).sfu[0]?.placement, null);
  });
});
