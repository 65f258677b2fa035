import { test } from 'node:test';
import { createAccessToken } from '@parley/voice-sdk/server';
import { expectMatrix, type Person, play, type Scene } from './harness/index.ts';

const apiSecret = 'an-API-secret-for-the-tests-of-32-bytes-and-more';
const signaling = { API_KEYS: `key:${apiSecret}`, GUESTS: 'off' };

interface Cast {
  ann: Person;
  /** May listen, and not speak. */
  ben: Person;
  /** May speak, and not listen. */
  cleo: Person;
}

function tokenOf(userId: string, grants: { speak?: boolean; listen?: boolean } = {}): string {
  return createAccessToken({ apiKey: 'key', apiSecret, userId, grants });
}

async function gather(scene: Scene): Promise<Cast> {
  const [ann, ben, cleo] = [await scene.person('Ann'), await scene.person('Ben'), await scene.person('Cleo')];
  await ann.join(scene.platform.url, 'grants', { token: tokenOf('ann') });
  await ben.join(scene.platform.url, 'grants', { token: tokenOf('ben', { speak: false }) });
  await cleo.join(scene.platform.url, 'grants', { token: tokenOf('cleo', { listen: false }) });
  return { ann, ben, cleo };
}

/** Grants are given, taken and exchanged while everyone talks. */
async function exchangeGrants({ ann, ben, cleo }: Cast): Promise<void> {
  const people = [ann, ben, cleo];
  await expectMatrix(people, (listener, speaker) => listener !== cleo && speaker !== ben);
  await ben.setToken(tokenOf('ben'));
  await cleo.setToken(tokenOf('cleo'));
  await expectMatrix(people);
  await ben.setToken(tokenOf('ben', { listen: false }));
  await cleo.setToken(tokenOf('cleo', { speak: false }));
  await expectMatrix(people, (listener, speaker) => listener !== ben && speaker !== cleo);
}

test('in a mesh nobody hears those who may not speak, and those who may not listen hear nobody', () =>
  play({ sfu: false, signaling }, async (scene) => exchangeGrants(await gather(scene))));

test('on an SFU neither', () =>
  play({ signaling: { ...signaling, MESH_MAX_PEERS: 1 } }, async (scene) => exchangeGrants(await gather(scene))));
