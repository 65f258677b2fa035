import { equal, notEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { expectMatrix, expectNames, expectTopology, type Person, play, SFU_ONLY } from './harness/index.ts';

for (const kind of ['mesh', 'sfu'] as const) {
  test(`who leaves is gone at once, and who comes back is heard again (${kind})`, () =>
    play({ signaling: kind === 'sfu' ? SFU_ONLY : {} }, async (scene) => {
      const people = await scene.join('rejoin', ['Ann', 'Ben', 'Cleo']);
      const [ann, ben, cleo] = people as [Person, Person, Person];
      await expectMatrix(people);
      await expectTopology(people, kind);
      const before = await ben.id();

      await ben.leave();
      await expectNames([ann, cleo], ['Ann', 'Cleo']);
      await expectMatrix([ann, cleo]);
      equal((await ann.eventsOf('participantLeft')).length, 1);

      await ben.join(scene.platform.url, 'rejoin');
      await expectNames(people, ['Ann', 'Ben', 'Cleo']);
      await expectMatrix(people);
      notEqual(await ben.id(), before, 'a new membership is a new participant');
    }));
}
