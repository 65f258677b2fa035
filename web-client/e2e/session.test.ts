import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { createAccessToken } from '@parley/voice-sdk/server';
import { expectClosed, expectMatrix, expectNames, play, playCluster, withoutRedis } from './harness/index.ts';

const apiSecret = 'an-API-secret-for-the-tests-of-32-bytes-and-more';
const signaling = { API_KEYS: `key:${apiSecret}`, GUESTS: 'off' };

/** Time enough for one to come in and be heard, in seconds. */
const SHORT_S = 15;

function tokenOf(userId: string, expiresInSeconds = 600): string {
  return createAccessToken({ apiKey: 'key', apiSecret, userId, expiresInSeconds });
}

test('a token that ends ends the call, one that is renewed does not', () =>
  play({ signaling }, async (scene) => {
    const { url } = scene.platform;
    const [ann, ben, cleo] = [await scene.person('Ann'), await scene.person('Ben'), await scene.person('Cleo')];
    await ann.join(url, 'time', { token: tokenOf('ann') });
    await ben.join(url, 'time', { token: tokenOf('ben', SHORT_S) });
    await ben.setToken(tokenOf('ben'));
    await expectMatrix([ann, ben]);
    await cleo.join(url, 'time', { token: tokenOf('cleo', SHORT_S) });
    await expectMatrix([ann, ben, cleo]);
    await expectClosed(cleo, 'token_expired');
    await expectNames([ann, ben], ['Ann', 'Ben']);
    await expectMatrix([ann, ben]);
    equal(await ben.closedWith(), null);
  }));

test(
  'a user has one connection: the newer one wins, and the older is told why, also on another node',
  {
    skip: withoutRedis,
  },
  () =>
    playCluster({ nodes: 2, signaling }, async (scene) => {
      const { platform } = scene;
      const [ann, old, now] = [await scene.person('Ann'), await scene.person('Ben'), await scene.person('Ben again')];
      await ann.join(platform.urlTo(0), 'one', { token: tokenOf('ann') });
      await old.join(platform.urlTo(0), 'one', { token: tokenOf('ben') });
      await expectMatrix([ann, old]);
      await now.join(platform.urlTo(1), 'one', { token: tokenOf('ben') });
      await expectClosed(old, 'replaced');
      await expectNames([ann, now], ['Ann', 'Ben again']);
      await expectMatrix([ann, now]);
      // It stays away: whoever was replaced does not come back by itself.
      equal(await now.closedWith(), null);
    }),
);
