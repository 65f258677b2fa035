import { equal, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { createAccessToken } from '@parley/voice-sdk/server';
import { expectClosed, expectMatrix, expectNames, JoinError, play, type Scene, SFU_ONLY } from './harness/index.ts';

const apiSecret = 'an-API-secret-for-the-tests-of-32-bytes-and-more';
const API_KEYS = `key:${apiSecret}`;
const isRefused = (code: string) => (error: unknown) => error instanceof JoinError && error.code === code;

function tokenOf(userId: string, moderate: boolean): string {
  return createAccessToken({ apiKey: 'key', apiSecret, userId, grants: { moderate } });
}

async function moderate(scene: Scene): Promise<void> {
  const { url } = scene.platform;
  const [mo, ben, cleo] = [await scene.person('Mo'), await scene.person('Ben'), await scene.person('Cleo')];
  const dan = await scene.person('Dan');
  await mo.join(url, 'order', { token: tokenOf('mo', true) });
  await ben.join(url, 'order', { token: tokenOf('ben', false) });
  await cleo.join(url, 'order', { token: tokenOf('cleo', false) });
  const people = [mo, ben, cleo];
  await expectMatrix(people);

  await rejects(cleo.moderate('mute', ben), /not_allowed|may not/i);
  await mo.moderate('mute', ben);
  await expectMatrix(people, (_listener, speaker) => speaker !== ben);
  // Their own switch gives nobody the word back.
  await ben.setMuted(true);
  await ben.setMuted(false);
  await expectMatrix(people, (_listener, speaker) => speaker !== ben);
  await mo.moderate('unmute', ben);
  await expectMatrix(people);

  await mo.moderate('lock');
  await rejects(dan.join(url, 'order', { token: tokenOf('dan', false) }), isRefused('room_locked'));
  await mo.moderate('unlock');
  await dan.join(url, 'order', { token: tokenOf('dan', false) });
  await expectMatrix([...people, dan]);

  await mo.moderate('remove', dan);
  await expectClosed(dan, 'removed');
  await expectNames(people, ['Mo', 'Ben', 'Cleo']);
  await expectMatrix(people);

  await mo.moderate('end');
  for (const person of people) await expectClosed(person, 'room_ended');
  equal((await scene.platform.metrics('signaling')).get('parley_participants'), 0);
}

test('a moderator mutes, locks, removes and ends, and everyone hears it (mesh)', () =>
  play({ signaling: { API_KEYS } }, moderate));

test('a moderator mutes, locks, removes and ends, and everyone hears it (sfu)', () =>
  play({ signaling: { ...SFU_ONLY, API_KEYS } }, moderate));
