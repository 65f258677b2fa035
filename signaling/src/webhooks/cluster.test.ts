import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { TestClient } from '../testing/client.ts';
import { startProcess } from '../testing/process.ts';
import { Receiver, WEBHOOK_SECRET } from '../testing/receiver.ts';
import { startRedis, type TestRedis } from '../testing/redis.ts';
import { SESSION_SECRET } from '../testing/server.ts';
import { until } from '../testing/until.ts';

async function startNode(t: TestContext, redis: TestRedis, receiver: Receiver, NODE_ID: string) {
  const started = startProcess(t, {
    LOG_LEVEL: 'error',
    NODE_ID,
    SESSION_SECRET,
    REDIS_URL: redis.url,
    WEBHOOK_URL: receiver.url,
    WEBHOOK_SECRET,
    RESUME_WINDOW_MS: '500',
  });
  const { port } = await started.listening;
  return { ...started, url: `http://127.0.0.1:${port}` };
}

async function member(t: TestContext, url: string, roomId: string, name: string): Promise<TestClient> {
  const client = new TestClient(url);
  t.after(() => client.close());
  await client.connected();
  await client.join(roomId, name);
  return client;
}

test('a node that is killed with all it has said undelivered loses nothing: another delivers it, in order', async (t) => {
  const redis = await startRedis(t);
  const receiver = await Receiver.start(t);
  const url = receiver.url;
  await receiver.stop();
  assert.equal(receiver.url, url);
  const [one, two] = [await startNode(t, redis, receiver, 'one'), await startNode(t, redis, receiver, 'two')];
  const rooms = Array.from({ length: 8 }, (_, i) => `room ${i}`);
  for (const room of rooms) await member(t, one.url, room, 'Ann');
  // One room has somebody at the other node, and one is over before the end of its node.
  await member(t, two.url, 'room 0', 'Ben');
  const cal = await member(t, one.url, 'over', 'Cal');
  await cal.request('room:leave', { roomId: 'over' });
  one.child.kill('SIGKILL');
  await one.exited;
  await receiver.start();
  // What is last of each: Ben stays in his room.
  const isTold = (room: string, last: string) => receiver.of(room).some(({ type }) => type === last);
  const isToldAll = () =>
    [...rooms, 'over'].every((room) => isTold(room, room === 'room 0' ? 'participantLeft' : 'roomEnded'));
  await until('everything to be told', isToldAll, 50_000);
  for (const room of [...rooms, 'over']) receiver.assertInOrder(room);
  assert.deepEqual(
    receiver.of('over').map(({ type }) => type),
    ['roomStarted', 'participantJoined', 'participantLeft', 'roomEnded'],
  );
  assert.deepEqual(
    receiver.of('room 1').map(({ type, data }) => ('reason' in data ? `${type} ${data.reason}` : type)),
    ['roomStarted', 'participantJoined', 'participantLeft timeout', 'roomEnded empty'],
    'what became of the node’s own people is told as well',
  );
});
