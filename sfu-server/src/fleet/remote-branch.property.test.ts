import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { seeded } from '../testing/churn.ts';
import { CAPABILITIES, kinds, LINGER_MS, microphone, settle, setUp } from './home-room.fake.ts';
import { reconcile } from './reconcile.ts';
import type { RemotePeer } from './remote-peer.ts';

const RUNS = 100;

test('whatever is asked and cut, both sides hold the same in the end, and nothing when all is closed', async (t) => {
  for (let seed = 1; seed <= RUNS; seed++) {
    await askAndCut(t, seed).catch((cause: unknown) => {
      throw new Error(`seed ${seed}`, { cause });
    });
  }
});

async function askAndCut(t: TestContext, seed: number): Promise<void> {
  const random = seeded(seed);
  const pick = <T>(list: Iterable<T>): T | undefined => {
    const all = [...list];
    return all[Math.floor(random() * all.length)];
  };
  const ticks = async () => {
    for (let i = Math.floor(random() * 6); i > 0; i--) await Promise.resolve();
  };
  const { branch, room, link, here, there, edgeRouter, atEdge, edges, clock } = await setUp(t);
  link.delay = here.delay = there.delay = ticks;
  const peers = new Map<string, RemotePeer>();
  const sends = new Map<RemotePeer, string>();
  const running = new Set<Promise<unknown>>();
  const start = (work: Promise<unknown>) => {
    const settled = work.catch((error: { code?: string }) => {
      if (!error.code) throw error;
    });
    running.add(settled);
    void settled.finally(() => running.delete(settled));
  };
  const anyPeer = () => pick([...peers.values()].filter((peer) => !peer.closed));
  const anyMicrophone = () => pick([...peers.values()].flatMap((peer) => peer.producerIds.map((id) => ({ peer, id }))));
  const atHome = () => pick([...room.router.producers.values()].filter((producer) => !producer.pipe));
  const steps: (() => unknown)[] = [
    async () => {
      const peerId = pick(['ann', 'ben', 'cleo']) ?? '';
      peers.get(peerId)?.close();
      const peer = room.seat(peerId, branch);
      peers.set(peerId, peer);
      const { send } = await peer.open();
      sends.set(peer, send.id);
    },
    () => anyPeer()?.close(),
    async () => {
      const [peer, transportId] = pick(sends) ?? [];
      if (peer && transportId) await peer.produce(transportId, microphone(3), random() < 0.5);
    },
    async () => {
      const { peer, id } = anyMicrophone() ?? {};
      if (peer && id) await peer.pauseProducer(id, random() < 0.5);
    },
    () => {
      const { peer, id } = anyMicrophone() ?? {};
      if (peer && id) peer.closeProducer(id);
    },
    () => room.speak(),
    () => (random() < 0.5 ? atHome()?.pause() : atHome()?.resume()),
    () => room.quieten(atHome()?.id ?? ''),
    () =>
      anyPeer()?.consume(
        [...room.directory.entries].slice(-4).map(({ id }) => id),
        CAPABILITIES,
      ),
    async () => {
      const { id } = anyMicrophone() ?? {};
      if (!id) return;
      const hold = await room.pipes.hold(id, room.hub);
      await ticks();
      hold.release();
    },
    () => clock.advance(LINGER_MS),
    // A client goes by itself.
    () => pick(edgeRouter.transports)?.leave(),
    () => link.cut(),
    () => link.mend(),
    () => link.mend(),
  ];
  for (let i = 0; i < 100; i++) {
    start(Promise.resolve().then(pick(steps)));
    if (random() < 0.5) await ticks();
  }
  await settle();
  await link.mend();
  await settle();
  while (running.size > 0) {
    await Promise.all(running);
    await settle();
  }
  assert.equal(branch.closed, false);
  const differences = reconcile(branch.books, atEdge().state);
  assert.deepEqual(Object.values(differences).flat(), [], JSON.stringify(differences));
  for (const producerId of branch.books.in.keys()) assert.equal(edgeRouter.producers.get(producerId)?.fed, true);
  for (const producerId of branch.books.out) assert.equal(room.router.producers.get(producerId)?.fed, true);

  for (const peer of peers.values()) peer.close();
  for (const producer of [...room.router.producers.values()]) room.quieten(producer.id);
  await settle();
  assert.deepEqual(atEdge().state, { peers: [], in: [], out: [] });
  assert.deepEqual(new Set(kinds(there)), new Set(['pipe', 'router']));
  branch.close();
  await settle();
  assert.equal(edges.count, 0);
  assert.deepEqual([...there.live], []);
  assert.equal(
    kinds(here).every((kind) => kind === 'direct' || kind === 'router'),
    true,
  );
}
