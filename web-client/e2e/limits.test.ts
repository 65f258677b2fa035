import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { expectMatrix, JoinError, play, until } from './harness/index.ts';

test('a browser that is refused before the upgrade is told why, and gets in once there is room', () =>
  play({ sfu: false, signaling: { CONNECTIONS_MAX: 2 } }, async (scene) => {
    const [ann, ben] = await scene.join('limits', ['Ann', 'Ben']);
    ok(ann && ben);
    const cleo = await scene.person('Cleo');
    const begun = Date.now();
    const refusal = await cleo.join(scene.platform.url, 'limits').then(
      () => null,
      (error: unknown) => error,
    );
    ok(refusal instanceof JoinError);
    equal(refusal.code, 'server_full');
    equal(refusal.retryable, true);
    ok(Date.now() - begun < 5_000, 'told at once');
    await expectMatrix([ann, ben]);
    await ben.page.close();
    await until('Cleo gets in', async () => {
      const error = await cleo.join(scene.platform.url, 'limits').then(
        () => null,
        (reason: unknown) => reason,
      );
      return error === null ? null : String(error);
    });
    await expectMatrix([ann, cleo]);
  }));
