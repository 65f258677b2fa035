import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

const signal = { instance: 'pc-1', description: { type: 'offer' as const, sdp: 'v=0' } };
const about = { roomId: 'lobby', epoch: 1, signal };

test('a signal reaches its addressee and nobody else, in the order it was sent', async (t) => {
  const server = await TestServer.start(t);
  const ann = await server.member(t, 'Ann');
  const ben = await server.member(t, 'Ben');
  const cal = await server.member(t, 'Cal');
  const steps = Array.from({ length: 30 }, (_, i) => ({ instance: 'pc-1', candidates: [{ candidate: `${i}` }] }));
  await Promise.all(steps.map((step) => ann.request('mesh:signal', { ...about, to: ben.id, signal: step })));
  await until('all of them', () => ben.signals.length === steps.length);
  assert.deepEqual(
    ben.signals,
    steps.map((step) => ({ roomId: 'lobby', epoch: 1, from: ann.id, signal: step })),
  );
  assert.deepEqual([ann.signals, cal.signals], [[], []]);
});

test('only members of the same room reach each other', async (t) => {
  const server = await TestServer.start(t);
  const ann = await server.member(t, 'Ann');
  const eve = await server.member(t, 'Eve', 'elsewhere');
  const stranger = await server.connect(t);
  assert.equal(await stranger.refusal('mesh:signal', { ...about, to: ann.id }), 'not_in_room');
  assert.equal(await eve.refusal('mesh:signal', { ...about, to: ann.id }), 'not_in_room');
  assert.equal(
    await eve.refusal('mesh:signal', { ...about, roomId: 'elsewhere', to: ann.id }),
    'participant_not_found',
  );
  assert.equal(await ann.refusal('mesh:signal', { ...about, to: eve.id }), 'participant_not_found');
  assert.equal(await ann.refusal('mesh:signal', { ...about, to: ann.id }), 'participant_not_found');
  assert.equal(await ann.refusal('mesh:signal', { ...about, to: '__proto__' }), 'participant_not_found');
  assert.deepEqual([ann.signals, eve.signals], [[], []]);
});

test('someone who is reconnecting cannot be reached yet', async (t) => {
  const server = await TestServer.start(t);
  const ann = await server.member(t, 'Ann');
  const ben = await server.member(t, 'Ben');
  ben.cut();
  await ann.hears('participantUpdated');
  assert.equal(await ann.refusal('mesh:signal', { ...about, to: ben.id }), 'participant_unreachable');
  const back = await server.connect(t);
  await back.resume(ben);
  await ann.request('mesh:signal', { ...about, to: ben.id });
  await until('the signal', () => back.signals.length === 1);
});

test('of a path that is over, or never was, is stale', async (t) => {
  const server = await TestServer.start(t, { env: { MESH_MAX_PEERS: '2' } });
  const ann = await server.member(t, 'Ann');
  const ben = await server.member(t, 'Ben');
  assert.equal(await ann.refusal('mesh:signal', { ...about, epoch: 2, to: ben.id }), 'stale_epoch');
  const cal = await server.member(t, 'Cal');
  // While the room moves, the mesh is still there.
  await ann.request('mesh:signal', { ...about, to: ben.id });
  assert.equal(await ann.refusal('mesh:signal', { ...about, epoch: 2, to: ben.id }), 'stale_epoch');
  for (const member of [ann, ben, cal]) await member.request('room:ready', { roomId: 'lobby', epoch: 2 });
  await ann.reaches('sfu');
  assert.equal(await ann.refusal('mesh:signal', { ...about, to: ben.id }), 'stale_epoch');
});
