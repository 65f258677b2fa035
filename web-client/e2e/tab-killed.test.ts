import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import { expectMatrix, expectNames, expectTopology, type Person, play, SFU_ONLY, until } from './harness/index.ts';

for (const kind of ['mesh', 'sfu'] as const) {
  test(`a tab that is killed leaves no ghost behind, and the others talk on (${kind})`, () =>
    play({ signaling: { ...(kind === 'sfu' ? SFU_ONLY : {}), RESUME_WINDOW_MS: 3_000 } }, async (scene) => {
      const people = await scene.join('killed', ['Ann', 'Ben', 'Cleo']);
      const [ann, ben, cleo] = people as [Person, Person, Person];
      await expectMatrix(people);
      await expectTopology(people, kind);

      const crashed = new Promise<void>((resolve) => cleo.page.once('crash', () => resolve()));
      // The renderer process dies on the spot: no unload, no word to the server.
      await Promise.all([crashed, cleo.page.goto('chrome://crash').catch(() => undefined)]);

      await until('Ann sees Cleo reconnecting, then gone', async () => {
        const seen = (await ann.view()).participants.find(({ name }) => name === 'Cleo');
        return seen?.connection === 'connected' ? 'Cleo still looks connected.' : null;
      });
      await expectNames([ann, ben], ['Ann', 'Ben']);
      await expectMatrix([ann, ben]);
      ok((await ann.eventsOf('participantLeft')).length === 1, 'said once');
      await scene.platform.expectMetrics('signaling', { parley_participants: 2, parley_connections: 2 });
      const peers = kind === 'sfu' ? 2 : 0;
      await scene.platform.expectMetrics('sfu-server', {
        parley_sfu_peers: peers,
        parley_sfu_transports: 2 * peers,
        parley_sfu_producers: peers,
        parley_sfu_consumers: peers,
      });
    }));
}
