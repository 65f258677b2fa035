import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Emitter, silentLogger } from '@parley/shared/runtime';
import { SignalingFollower, type SignalingFollowerOptions } from './signaling-follower.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('the credentials of TURN servers are renewed as long as one is in the room, and not any longer', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const asked: string[] = [];
  const applied: string[] = [];
  const grantOf = (username: string) => ({ iceServers: [{ urls: ['turn:t'], username }], iceExpiresInMs: 60_000 });
  const wire = Object.assign(new Emitter<Record<string, unknown[]>>(), {
    request: async (name: string) => {
      asked.push(name);
      return grantOf('renewed');
    },
  });
  const follower = new SignalingFollower({
    connection: wire,
    joined: { ...grantOf('joined'), selfId: 'me', resumeToken: 'r', snapshot: { roomId: 'lobby', seq: 0 } },
    paths: { setIceServers: ([server]: { username: string }[]) => applied.push(server?.username ?? '') },
    topology: {},
    log: silentLogger,
  } as unknown as SignalingFollowerOptions);
  t.mock.timers.tick(40_000);
  await settle();
  assert.deepEqual([asked, applied], [['ice:servers'], ['joined', 'renewed']]);
  follower.close();
  t.mock.timers.tick(60_000);
  await settle();
  assert.deepEqual(asked, ['ice:servers']);
});
