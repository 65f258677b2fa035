import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_SFU, Platform, pause } from './harness/index.ts';
import { WireClient } from './harness/wire-client.ts';

const JOINS = 500;
const VANISHINGS = 300;
/** A join with media takes about this long on a busy machine. */
const LATEST_END_MS = 60;
/** People in the room at a time, so that consumers come and go too. */
const AT_ONCE = 5;

/** Joins of several clients at a time into one room, until `JOINS` have been; each way to go is taken in turn. */
async function comeAndGo(platform: Platform, room: string, act: (client: WireClient) => Promise<void>): Promise<void> {
  let begun = 0;
  const lane = async () => {
    while (begun < JOINS) {
      begun += 1;
      const leaves = begun % 2 === 0;
      const client = await WireClient.connect(platform.url);
      await client.join(room, `Guest ${begun}`);
      await act(client);
      if (leaves) await client.leave();
      client.close();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/** Hundreds come from one address within seconds here. */
const WIDE = { ADDRESS_CONNECTIONS_MAX: 1_000, ADDRESS_CONNECTS_PER_MINUTE: 100_000, USER_JOINS_PER_MINUTE: 100_000 };
/** With a resume window of nothing, who vanishes without a word is gone at once. */
const SETTINGS = { ...WIDE, RESUME_WINDOW_MS: 0, MESH_RETURN_AFTER_MS: 0, HANDOVER_DEADLINE_MS: 1_000 };
const NOBODY = { parley_connections: 0, parley_participants: 0, parley_rooms: 0 };

test(`${JOINS} joins into a mesh, half of them ended without a word, leave nothing behind`, async () => {
  const platform = await Platform.start({ signaling: SETTINGS });
  try {
    await comeAndGo(platform, 'mesh', async (client) => equal(client.topology.active.kind, 'mesh'));
    await platform.expectMetrics('signaling', NOBODY);
    await platform.expectMetrics('sfu-server', EMPTY_SFU);
    equal((await platform.metrics('signaling')).get('parley_joins_total'), JOINS);
  } finally {
    await platform.stop();
  }
});

test(`${JOINS} joins into a room on the SFU, half of them ended without a word, leave nothing behind`, async (t) => {
  const platform = await Platform.start({ signaling: { ...SETTINGS, MESH_MAX_PEERS: 1, MESH_RETURN_PEERS: 0 } });
  try {
    let produced = 0;
    let consumed = 0;
    await comeAndGo(platform, 'sfu', async (client) => {
      const counts = await client.sendAndReceive();
      produced += counts.produced;
      consumed += counts.consumed;
    });
    // A guest may find the room on its way back to a mesh; most must have been on the SFU for this to say anything.
    ok(produced > JOINS / 2, `${produced} of ${JOINS} sent through the SFU`);
    ok(consumed > JOINS / 2, `${consumed} consumers`);
    t.diagnostic(`${produced} producers, ${consumed} consumers came and went`);
    await platform.expectMetrics('signaling', NOBODY);
    await platform.expectMetrics('sfu-server', EMPTY_SFU);
  } finally {
    await platform.stop();
  }
});

test('who vanishes in the middle of a join, of opening media or of a handover leaves nothing behind', async () => {
  const platform = await Platform.start({ signaling: { ...SETTINGS, MESH_MAX_PEERS: 2, MESH_RETURN_PEERS: 1 } });
  try {
    const stays = await WireClient.connect(platform.url);
    await stays.join('unsteady', 'Host');
    let begun = 0;
    const lane = async () => {
      while (begun < VANISHINGS) {
        begun += 1;
        const client = await WireClient.connect(platform.url);
        const cutShort = client
          .join('unsteady', `Guest ${begun}`)
          .then(() => client.sendAndReceive())
          .catch(() => undefined);
        // From at once to after everything: whatever is on its way then is cut off.
        await pause(begun % LATEST_END_MS);
        client.close();
        await cutShort;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    await platform.expectMetrics('signaling', { parley_connections: 1, parley_participants: 1, parley_rooms: 1 });
    await stays.leave();
    stays.close();
    await platform.expectMetrics('signaling', NOBODY);
    await platform.expectMetrics('sfu-server', EMPTY_SFU);
  } finally {
    await platform.stop();
  }
});
