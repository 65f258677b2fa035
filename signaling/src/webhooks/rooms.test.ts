import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN_KEY, AdminClient } from '../testing/admin.ts';
import { Receiver, WEBHOOK_SECRET } from '../testing/receiver.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

test('a room’s story, from its start to its end, as the integrator’s server hears it', async (t) => {
  const receiver = await Receiver.start(t);
  const env = { ADMIN_KEY, WEBHOOK_URL: receiver.url, WEBHOOK_SECRET, MESH_MAX_PEERS: '2', MESH_RETURN_PEERS: '1' };
  const server = await TestServer.start(t, { env });
  const admin = new AdminClient(server.url);
  const ann = await server.member(t, 'Ann');
  const ben = await server.member(t, 'Ben');
  await server.member(t, 'Cal');
  await admin.post('/v1/rooms/lobby/mute', { participantId: ben.id });
  await admin.post('/v1/rooms/lobby/lock');
  await ann.request('room:leave', { roomId: 'lobby' });
  await admin.post('/v1/rooms/lobby/remove', { participantId: ben.id });
  await admin.post('/v1/rooms/lobby/end');
  await server.member(t, 'Dee');
  await until('the next room to start', () =>
    receiver.events.some(({ data }) => 'name' in data && data.name === 'Dee'),
  );
  const first = receiver.of('lobby').filter(({ incarnation }) => incarnation === receiver.events[0]?.incarnation);
  assert.deepEqual(
    first.map(({ seq, type, data }) => [seq, type, 'reason' in data ? data.reason : undefined]),
    [
      [1, 'roomStarted', undefined],
      [2, 'participantJoined', undefined],
      [3, 'participantJoined', undefined],
      [4, 'participantJoined', undefined],
      [5, 'topologyChanged', 'full'],
      [6, 'participantSilenced', undefined],
      [7, 'roomLocked', undefined],
      [8, 'participantLeft', 'left'],
      [9, 'participantLeft', 'removed'],
      [10, 'participantLeft', 'ended'],
      [11, 'roomEnded', 'ended'],
    ],
  );
  const second = receiver.of('lobby').slice(first.length);
  assert.deepEqual(
    second.map(({ seq, type }) => [seq, type]),
    [
      [1, 'roomStarted'],
      [2, 'participantJoined'],
    ],
    'another life of the room is numbered anew',
  );
  assert.equal(await server.metric('parley_webhook_attempts_total{result="delivered"}'), 13);
  assert.equal(await server.metric('parley_webhook_backlog'), 0);
});
