import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RtpCapabilities } from '@parley/shared/media';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { type FakeRouter, FakeWorker } from '../media/fake.ts';
import { Pipes } from '../pipes/pipes.ts';
import { Directory } from '../rooms/directory.ts';
import { LocalBranch } from '../rooms/local-branch.ts';
import { Room } from '../rooms/room.ts';
import { opusRtp } from '../testing/media.ts';
import type { EdgeId } from './contract.ts';
import { Edges } from './edges.ts';
import { Fleet } from './fleet.ts';
import { FakeFleetLink } from './link.fake.ts';
import { reconcile } from './reconcile.ts';
import type { BranchRoom, RemoteBranch } from './remote-branch.ts';
import type { RemotePeer } from './remote-peer.ts';

const LISTEN = { ip: '127.0.0.1', lossy: true };
const NODE = { nodeId: 'b', url: 'http://b:4000' };
const HOME = { nodeId: 'a', instanceId: '1' };
const CAPABILITIES: RtpCapabilities = {
  codecs: [{ kind: 'audio', mimeType: 'audio/opus', preferredPayloadType: 100, clockRate: 48_000, channels: 2 }],
};
const LINGER_MS = 5_000;

/** The home of a room, as far as its branches see it. */
class HomeRoom implements BranchRoom {
  readonly id: string;
  readonly log = silentLogger;
  readonly directory = new Directory();
  readonly router: FakeRouter;
  readonly hub: LocalBranch;
  readonly pipes: Pipes;
  readonly hold: BranchRoom['hold'];
  /** What listeners consume: not microphones, while there are slots. */
  inaudible = new Set<string>();

  constructor(id: string, worker: FakeWorker, router: FakeRouter, clock: FakeClock) {
    this.id = id;
    this.router = router;
    this.hold = (producerId, at) => this.pipes.hold(producerId, at);
    const ownerOf = (producerId: string) => this.ownerOf(producerId);
    this.hub = new LocalBranch({ worker, router, ownerOf, hold: (producerId, at) => this.hold(producerId, at) });
    const originOf = (producerId: string) => this.directory.find(producerId)?.origin;
    this.pipes = new Pipes({ hub: this.hub, originOf, lingerMs: LINGER_MS, clock });
    this.directory.on('removed', ({ id: producerId }) => this.pipes.producerClosed(producerId));
  }

  ownerOf(producerId: string): string | null | undefined {
    return this.inaudible.has(producerId) ? undefined : this.directory.find(producerId)?.peerId;
  }

  /** A microphone at the home router. */
  async speak(): Promise<string> {
    const { id } = await (await this.router.createDirect()).produce();
    this.directory.add({ id, peerId: 'home', origin: this.hub, paused: false });
    return id;
  }

  quieten(producerId: string): void {
    this.router.producers.get(producerId)?.close();
    this.directory.remove(producerId);
  }

  /** Seats a peer on a branch, as a room does. */
  seat(peerId: string, branch: RemoteBranch): RemotePeer {
    const peer = branch.createPeer(peerId, silentLogger);
    peer.on('produced', (id, paused) => this.directory.add({ id, peerId, origin: branch, paused }));
    peer.on('producerPaused', (id, paused) => this.directory.setPaused(id, paused));
    peer.on('producerClosed', (id) => this.directory.remove(id));
    return peer;
  }
}

/** A home on one worker, another node on another, and the link between them. */
async function setUp(t: TestContext) {
  const clock = new FakeClock();
  const [here, there] = [new FakeWorker(), new FakeWorker()];
  const makeRoom = async (id: string) => new HomeRoom(id, here, await here.createRouter(), clock);
  const room = await makeRoom('lobby');
  const parts = new Set<Room>();
  const openPart = async (id: string) => {
    const router = await there.createRouter();
    const part = new Room({
      id,
      worker: there,
      router,
      place: () => there,
      isAlive: () => true,
      forwarding: { slots: 0, directProducersMax: 24, calmMs: 30_000 },
      clock,
      log: silentLogger,
    });
    parts.add(part);
    return part;
  };
  const closePart = (part: Room) => {
    parts.delete(part);
    part.close();
  };
  const edges = new Edges({
    rooms: { openPart, closePart },
    listen: LISTEN,
    leaseMs: 60_000,
    clock,
    log: silentLogger,
  });
  const links: FakeFleetLink[] = [];
  const connect = (node: typeof NODE) => {
    const link = new FakeFleetLink({ node, edges, home: HOME });
    links.push(link);
    void link.mend();
    return link;
  };
  const fleet = new Fleet({ connect, listen: LISTEN, waitMs: 5_000, clock });
  t.after(() => fleet.close());
  const branch = await fleet.open(room, NODE);
  const [link] = links;
  assert.ok(link);
  const atEdge = (id: EdgeId = branch.id) => edges.use(HOME, id);
  const edgeRouter = there.routers[0];
  assert.ok(edgeRouter);
  return { clock, here, there, makeRoom, room, edges, fleet, branch, link, links, atEdge, edgeRouter, parts };
}

const microphone = (ssrc = 2) => opusRtp(ssrc);

/** Opens a peer at the edge with a microphone there. */
async function speakAt(room: HomeRoom, branch: RemoteBranch, peerId: string) {
  const peer = room.seat(peerId, branch);
  const { send } = await peer.open();
  return { peer, producerId: await peer.produce(send.id, microphone(), false) };
}

/** Nothing in these tests waits for anything but promises. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

const kinds = (worker: FakeWorker): string[] => [...worker.live].map((id) => id.split('-')[0] ?? '');

test('who is at the edge hears the home, and the home the edge, by the same ids', async (t) => {
  const { branch, room, edgeRouter, atEdge } = await setUp(t);
  const atHome = await room.speak();
  const ben = await speakAt(room, branch, 'ben');
  const [consumer] = await ben.peer.consume([atHome, ben.producerId, 'nothing'], CAPABILITIES);
  assert.equal(consumer?.producerId, atHome);
  assert.equal(consumer?.participantId, 'home');
  assert.equal(edgeRouter.producers.get(atHome)?.fed, true);
  await ben.peer.resumeConsumers([consumer.consumerId]);

  await room.pipes.hold(ben.producerId, room.hub);
  assert.equal(room.router.producers.get(ben.producerId)?.fed, true);
  assert.deepEqual(atEdge().state, {
    peers: [{ peerId: 'ben', producers: [{ producerId: ben.producerId, paused: false }] }],
    in: [{ producerId: atHome, paused: false }],
    out: [ben.producerId],
  });
});

test('a producer is brought to an edge once for all who hear it there, and no longer than somebody does', async (t) => {
  const { branch, room, link, clock, atEdge } = await setUp(t);
  const atHome = await room.speak();
  const peers = ['ann', 'ben', 'cleo'].map((peerId) => room.seat(peerId, branch));
  await Promise.all(peers.map((peer) => peer.open()));
  await Promise.all(peers.map((peer) => peer.consume([atHome], CAPABILITIES)));
  assert.equal(link.asked.filter(({ name }) => name === 'pipe:in').length, 1);
  peers[0]?.close();
  peers[1]?.close();
  await settle();
  clock.advance(LINGER_MS);
  await settle();
  assert.equal(atEdge().state.in.length, 1);
  peers[2]?.close();
  await settle();
  clock.advance(LINGER_MS);
  await settle();
  assert.deepEqual(atEdge().state, { peers: [], in: [], out: [] });
});

test('two at the same edge hear each other without the home', async (t) => {
  const { branch, room, link } = await setUp(t);
  const ann = await speakAt(room, branch, 'ann');
  const ben = await speakAt(room, branch, 'ben');
  assert.equal((await ben.peer.consume([ann.producerId], CAPABILITIES)).length, 1);
  assert.equal((await ann.peer.consume([ben.producerId], CAPABILITIES)).length, 1);
  assert.deepEqual(
    link.asked.filter(({ name }) => name.startsWith('pipe:')),
    [],
  );
});

test('pausing and ending at the source does the same at the other end', async (t) => {
  const { branch, room, edgeRouter } = await setUp(t);
  const atHome = await room.speak();
  const { peer, producerId } = await speakAt(room, branch, 'ben');
  await peer.consume([atHome], CAPABILITIES);
  await room.pipes.hold(producerId, room.hub);

  await room.router.producers.get(atHome)?.pause();
  await peer.pauseProducer(producerId, true);
  await settle();
  assert.equal(edgeRouter.producers.get(atHome)?.paused, true);
  assert.equal(room.router.producers.get(producerId)?.paused, true);
  await room.router.producers.get(atHome)?.resume();
  await peer.pauseProducer(producerId, false);
  await settle();
  assert.equal(edgeRouter.producers.get(atHome)?.paused, false);
  assert.equal(room.router.producers.get(producerId)?.paused, false);

  room.quieten(atHome);
  peer.closeProducer(producerId);
  await settle();
  assert.equal(edgeRouter.producers.size, 0);
  assert.equal(room.router.producers.size, 0);
});

test('a microphone that ends by itself at the edge is told, and its copy at home ends', async (t) => {
  const { branch, room, edgeRouter } = await setUp(t);
  const { peer, producerId } = await speakAt(room, branch, 'ben');
  await room.pipes.hold(producerId, room.hub);
  const ended: unknown[] = [];
  peer.on('producerClosed', (...closed) => ended.push(...closed));
  for (const transport of edgeRouter.transports) transport.leave();
  await settle();
  assert.deepEqual(ended, [producerId, true]);
  assert.equal(room.router.producers.size, 0);
});

test('what is withheld from a peer at the edge is, and is again after the link was cut', async (t) => {
  const { branch, room, edgeRouter, link } = await setUp(t);
  const slot = await room.speak();
  const { peer } = await speakAt(room, branch, 'ben');
  const [consumer] = await peer.consume([slot], CAPABILITIES);
  await peer.resumeConsumers([consumer?.consumerId ?? '']);
  const [heard] = edgeRouter.producers.get(slot)?.consumers ?? [];
  await peer.withhold(slot, true);
  assert.equal(heard?.paused, true);
  await peer.withhold(slot, false);
  assert.equal(heard?.paused, false);
  link.cut();
  const told = peer.withhold(slot, true).catch(() => {});
  await link.mend();
  await told;
  await settle();
  assert.equal(heard?.paused, true);
});

test('microphones that give way to slots are no longer brought to the edge, nor consumed there', async (t) => {
  const { branch, room, edgeRouter, clock, atEdge } = await setUp(t);
  const atHome = await room.speak();
  const ann = await speakAt(room, branch, 'ann');
  const ben = await speakAt(room, branch, 'ben');
  assert.equal((await ben.peer.consume([atHome, ann.producerId], CAPABILITIES)).length, 2);
  room.inaudible = new Set([atHome, ann.producerId]);
  assert.deepEqual(await ann.peer.consume([atHome], CAPABILITIES), []);
  ben.peer.dropInaudible();
  await settle();
  assert.equal(edgeRouter.producers.get(ann.producerId)?.consumers.size, 0);
  clock.advance(LINGER_MS);
  await settle();
  assert.deepEqual(atEdge().state.in, []);
});

test('the home hears how loud the open microphones of an edge are, and only those', async (t) => {
  const { branch, room, edgeRouter } = await setUp(t);
  const atHome = await room.speak();
  const ann = await speakAt(room, branch, 'ann');
  const ben = await speakAt(room, branch, 'ben');
  await ann.peer.consume([atHome], CAPABILITIES);
  await ben.peer.pauseProducer(ben.producerId, true);
  await settle();
  const [ears] = edgeRouter.levels;
  assert.deepEqual([...(ears?.producerIds ?? [])].includes(atHome), false);
  const told: unknown[] = [];
  branch.on('levels', (levels) => told.push(levels));
  ears?.report([{ producerId: ann.producerId, dBov: -20 }]);
  ears?.report([]);
  await settle();
  assert.deepEqual(told, [[{ producerId: ann.producerId, dBov: -20 }], []]);
});

test('what happened while the link was cut is put right when it is back, and the rest goes on', async (t) => {
  const { branch, room, link, edgeRouter, atEdge } = await setUp(t);
  const atHome = await room.speak();
  const ben = await speakAt(room, branch, 'ben');
  const cleo = await speakAt(room, branch, 'cleo');
  await ben.peer.consume([atHome, cleo.producerId], CAPABILITIES);
  for (const { producerId } of [ben, cleo]) await room.pipes.hold(producerId, room.hub);

  link.cut();
  // Everything flows as before.
  assert.equal(edgeRouter.producers.get(atHome)?.fed, true);
  assert.equal(room.router.producers.get(ben.producerId)?.fed, true);
  await room.router.producers.get(atHome)?.pause();
  cleo.peer.close();
  atEdge().room.closePeer('ben');
  const lost: string[] = [];
  branch.on('peersLost', (peerIds) => lost.push(...peerIds));
  const asked = room.seat('dora', branch).open();
  await link.mend();
  await asked;
  await settle();
  assert.equal(edgeRouter.producers.get(atHome)?.paused, true);
  assert.deepEqual(lost, ['ben']);
  assert.deepEqual(
    atEdge().state.peers.map(({ peerId }) => peerId),
    ['dora'],
  );
  assert.deepEqual([...room.router.producers.keys()], [atHome]);
});

test('who asks while the link is down waits, and is refused in the end', async (t) => {
  const { branch, room, link, clock } = await setUp(t);
  link.cut();
  const refused = assert.rejects(room.seat('ann', branch).open(), { code: 'sfu_unavailable' });
  await settle();
  clock.advance(5_000);
  await refused;
  assert.equal(branch.peerCount, 0);
});

test('a peer closed while it waits for the link is not opened when it is back', async (t) => {
  const { branch, room, link, atEdge } = await setUp(t);
  link.cut();
  const peer = room.seat('ann', branch);
  const refused = assert.rejects(peer.open(), { code: 'not_found' });
  await settle();
  peer.close();
  await link.mend();
  await refused;
  assert.deepEqual(atEdge().state.peers, []);
});

test('a node that is given up takes its peers with it, once, and its pipes', async (t) => {
  const { branch, room, link, here } = await setUp(t);
  const { peer, producerId } = await speakAt(room, branch, 'ben');
  await room.pipes.hold(producerId, room.hub);
  const ended: string[][] = [];
  branch.on('ended', (peerIds) => ended.push(peerIds));
  const refused = assert.rejects(room.seat('cleo', branch).open(), { code: 'sfu_unavailable' });
  link.lose();
  await refused;
  assert.deepEqual(ended, [['ben']]);
  assert.equal(peer.closed, true);
  assert.equal(room.router.producers.size, 0);
  assert.equal(kinds(here).includes('pipe'), false);
});

test('an edge whose worker died is told of at once', async (t) => {
  const { branch, room, edges, there, here } = await setUp(t);
  await speakAt(room, branch, 'ben');
  const ended: unknown[] = [];
  branch.on('ended', (peerIds, reason) => ended.push(peerIds, reason));
  there.die();
  edges.handleWorkerDied(there);
  await settle();
  assert.deepEqual(ended, [['ben'], 'worker_died']);
  assert.equal(edges.count, 0);
  assert.equal(kinds(here).includes('pipe'), false);
});

test('an edge that the other node has no more is over as soon as the link is back', async (t) => {
  const { branch, room, edges, link } = await setUp(t);
  await speakAt(room, branch, 'ben');
  link.cut();
  edges.close(HOME, branch.id);
  const ended: string[][] = [];
  branch.on('ended', (peerIds) => ended.push(peerIds));
  await link.mend();
  assert.deepEqual(ended, [['ben']]);
});

test('an edge closed while the link was cut is closed at the other node when it is back', async (t) => {
  const { branch, edges, link, there } = await setUp(t);
  link.cut();
  branch.close();
  assert.equal(edges.count, 1);
  await link.mend();
  await settle();
  assert.equal(edges.count, 0);
  assert.equal(there.live.size, 0);
});

test('an edge whose home router is gone is closed', async (t) => {
  const { here, edges, there } = await setUp(t);
  here.die();
  await settle();
  assert.equal(edges.count, 0);
  assert.equal(there.live.size, 0);
});

test('requests of an older generation, and of another process, are refused and change nothing', async (t) => {
  const { branch, room, edges, link, fleet, atEdge } = await setUp(t);
  branch.close();
  const newer = await fleet.open(room, NODE);
  assert.ok(newer.id.generation > branch.id.generation);
  await room.seat('ben', newer).open();
  const stale = { code: 'stale_epoch' };
  await assert.rejects(link.request('peer:open', { ...branch.id, peerId: 'ben' }), stale);
  await assert.rejects(link.request('edge:state', branch.id), stale);
  const srtpParameters = { cryptoSuite: 'AEAD_AES_256_GCM', keyBase64: 'AAAA' } as const;
  const pipe = { ip: '127.0.0.1', port: 1, srtpParameters };
  await assert.rejects(link.request('edge:open', { ...branch.id, pipe }), stale);
  await assert.rejects(link.request('edge:open', { ...newer.id, pipe }), { code: 'conflict' });
  await link.request('edge:close', branch.id);
  const restarted = { ...HOME, instanceId: '2' };
  assert.throws(() => edges.use(restarted, newer.id), stale);
  edges.close(restarted, newer.id);
  await assert.rejects(edges.open({ nodeId: 'c', instanceId: '1' }, newer.id, pipe), { code: 'conflict' });
  assert.deepEqual(
    atEdge(newer.id).state.peers.map(({ peerId }) => peerId),
    ['ben'],
  );
});

test('a link is shared by all rooms with that node, and closed when none has needed it for a while', async (t) => {
  const { branch, fleet, links, makeRoom, clock } = await setUp(t);
  const other = await fleet.open(await makeRoom('other'), NODE);
  assert.equal(links.length, 1);
  branch.close();
  clock.advance(60_000);
  assert.equal(fleet.links, 1);
  other.close();
  assert.equal(fleet.links, 1);
  clock.advance(60_000);
  assert.equal(fleet.links, 0);
});

test('an edge without its home goes on for a lease, then ends', async (t) => {
  const { branch, room, edges, link, clock, there } = await setUp(t);
  await speakAt(room, branch, 'ben');
  link.cut();
  clock.advance(59_999);
  assert.equal(edges.count, 1);
  await link.mend();
  clock.advance(120_000);
  assert.equal(edges.count, 1);
  link.cut();
  clock.advance(60_000);
  assert.equal(edges.count, 0);
  assert.equal(there.live.size, 0);
});

const RUNS = 100;

/** A small generator (mulberry32), so that a run that failed can be had again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test('whatever is asked and cut, both sides hold the same in the end, and nothing when all is closed', async (t) => {
  for (let seed = 1; seed <= RUNS; seed++) {
    await askAndCut(t, seed).catch((cause: unknown) => {
      throw new Error(`seed ${seed}`, { cause });
    });
  }
});

async function askAndCut(t: TestContext, seed: number): Promise<void> {
  const random = randomFrom(seed);
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
