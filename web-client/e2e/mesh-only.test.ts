import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { expectMatrix, expectNames, JoinError, play } from './harness/index.ts';

test('without an SFU a full mesh refuses one more, says it may be tried again, and talks on', () =>
  play({ sfu: false, signaling: { MESH_MAX_PEERS: 2 } }, async (scene) => {
    const two = await scene.join('full', ['Ann', 'Ben']);
    await expectMatrix(two);
    const cleo = await scene.person('Cleo');
    const error = await cleo.join(scene.platform.url, 'full').then(
      () => null,
      (reason: unknown) => reason,
    );
    ok(error instanceof JoinError, 'the third is refused');
    equal(error.code, 'room_full_mesh_only');
    equal(error.retryable, true);
    await expectNames(two, ['Ann', 'Ben']);
    await expectMatrix(two);

    await two[1]?.leave();
    await cleo.join(scene.platform.url, 'full');
    const [ann] = two;
    if (ann) await expectMatrix([ann, cleo]);
  }));
