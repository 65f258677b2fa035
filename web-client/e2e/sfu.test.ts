import { test } from 'node:test';
import { EMPTY_SFU, expectMatrix, expectTopology, play } from './harness/index.ts';

test('five people in a room that is too large for a mesh hear one another through the SFU', () =>
  play({ signaling: { MESH_MAX_PEERS: 3 } }, async (scene) => {
    const people = await scene.join('sfu', ['Ann', 'Ben', 'Cleo', 'Dan', 'Eve']);
    await expectMatrix(people);
    await expectTopology(people, 'sfu');
    // Two transports and one producer each; everyone consumes the four others.
    await scene.platform.expectMetrics('sfu-server', {
      parley_sfu_rooms: 1,
      parley_sfu_peers: 5,
      parley_sfu_transports: 10,
      parley_sfu_producers: 5,
      parley_sfu_consumers: 20,
    });
    for (const person of people) await person.leave();
    await scene.platform.expectMetrics('sfu-server', EMPTY_SFU);
  }));
