import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
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
import type { BranchRoom, RemoteBranch } from './remote-branch.ts';
import type { RemotePeer } from './remote-peer.ts';

export const LISTEN = { ip: '127.0.0.1', lossy: true };
export const NODE = { nodeId: 'b', url: 'http://b:4000' };
export const HOME = { nodeId: 'a', instanceId: '1' };
export const CAPABILITIES: RtpCapabilities = {
  codecs: [{ kind: 'audio', mimeType: 'audio/opus', preferredPayloadType: 100, clockRate: 48_000, channels: 2 }],
};
export const LINGER_MS = 5_000;

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

/** The room of an edge: its home is on the first of these workers, and whoever comes is on the one that is next. */
export async function makePart(id: string, workers: readonly FakeWorker[], clock: FakeClock): Promise<Room> {
  const [worker] = workers;
  assert.ok(worker);
  let next = 0;
  return new Room({
    id,
    worker,
    router: await worker.createRouter(),
    place: () => workers[next++ % workers.length] ?? worker,
    isAlive: () => true,
    forwarding: { slots: 0, directProducersMax: 24, calmMs: 30_000 },
    clock,
    log: silentLogger,
  });
}

/** A home on one worker, another node on another, and the link between them. */
export async function setUp(t: TestContext) {
  const clock = new FakeClock();
  const [here, there] = [new FakeWorker(), new FakeWorker()];
  const makeRoom = async (id: string) => new HomeRoom(id, here, await here.createRouter(), clock);
  const room = await makeRoom('lobby');
  const parts = new Set<Room>();
  const openPart = async (id: string) => {
    const part = await makePart(id, [there], clock);
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

export const microphone = (ssrc = 2) => opusRtp(ssrc);

/** Opens a peer at the edge with a microphone there. */
export async function speakAt(room: HomeRoom, branch: RemoteBranch, peerId: string) {
  const peer = room.seat(peerId, branch);
  const { send } = await peer.open();
  return { peer, producerId: await peer.produce(send.id, microphone(), false) };
}

/** Nothing in these tests waits for anything but promises. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

export const kinds = (worker: FakeWorker): string[] => [...worker.live].map((id) => id.split('-')[0] ?? '');
