import type { TestContext } from 'node:test';
import type { SignalingNode } from '../../../scripts/signaling-nodes.mjs';
import type { Assembly, Party } from './assembly.ts';
import { until } from './until.ts';
import { RequestError, WireClient } from './wire-client.ts';

/** How long each step of a recovery took, in ms since the fault was over. */
export interface Recovery {
  connectedMs: number;
  joinsMs: number;
  changeMs: number;
  ghostsMs: number;
}

const JOIN_DEADLINE_MS = 20_000;
/** As the issue has it: no ghost remains 20 s after the end of a fault. */
const GHOST_DEADLINE_MS = 20_000;
const CONNECTED_DEADLINE_MS = 30_000;

interface Visitor {
  readonly client: WireClient;
  readonly party: Party;
}

/** Someone new comes into a room through a node, as soon as that is possible. */
async function visit(node: SignalingNode, party: Party): Promise<Visitor> {
  let visitor: WireClient | undefined;
  await until(
    `someone joins "${party.room}" through ${node.id}`,
    async () => {
      const client = await WireClient.connect(node.url).catch((error: unknown) => String(error));
      if (typeof client === 'string') return client;
      try {
        await client.join(party.room, `Visitor of ${node.id}`);
        visitor = client;
        return null;
      } catch (error) {
        client.close();
        return String(error);
      }
    },
    JOIN_DEADLINE_MS,
  );
  if (!visitor) throw new Error('joined without a client');
  return { client: visitor, party };
}

/** Until everyone in the visitor's room has seen them mute. */
async function showChange({ client, party }: Visitor): Promise<void> {
  await until(`"${party.room}" takes a change`, () =>
    client.setMuted(true).then(
      () => null,
      (error: unknown) => {
        if (error instanceof RequestError && error.retryable) return error.message;
        throw error;
      },
    ),
  );
  await until(`all in "${party.room}" see a change`, async () => {
    const views = await Promise.all(party.people.map((person) => person.view()));
    const blind = views.filter(({ participants }) => !participants.find(({ id }) => id === client.selfId)?.muted);
    return blind.length > 0 ? `${blind.length} do not.` : null;
  });
}

/**
 * Measures how a cluster comes back after a fault, from `since` on (`performance.now()`), and that it does.
 * @param nodes those that are expected to serve
 */
export async function recover(assembly: Assembly, nodes: readonly SignalingNode[], since: number): Promise<Recovery> {
  const passed = () => performance.now() - since;
  const connected = assembly.expectConnected(CONNECTED_DEADLINE_MS).then(passed);
  const visits = Promise.all(nodes.flatMap((node) => assembly.parties.map((party) => visit(node, party))));
  const joined = visits.then(passed);
  const [connectedMs, joinsMs, visitors] = await Promise.all([connected, joined, visits]);
  await Promise.all(visitors.map(showChange));
  const changeMs = passed();
  for (const { client } of visitors) {
    await client.leave();
    client.close();
  }
  await assembly.expectNobodyElse(Math.max(1_000, GHOST_DEADLINE_MS - passed()));
  return { connectedMs, joinsMs, changeMs, ghostsMs: passed() };
}

export function tell(t: TestContext, fault: string, { connectedMs, joinsMs, changeMs, ghostsMs }: Recovery): void {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  t.diagnostic(
    `${fault}: everyone connected after ${seconds(connectedMs)}, joins through each node after ${seconds(joinsMs)}, ` +
      `changes seen by all after ${seconds(changeMs)}, ghosts gone after ${seconds(ghostsMs)}`,
  );
}
