import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import fc from 'fast-check';
import { type FakeConsumer, FakeWorker } from '../media/fake.ts';
import type { MediaWorker } from '../media/ports.ts';
import type { RoomPeer } from '../peers/room-peer.ts';
import { Room } from '../rooms/room.ts';
import { NO_SLOTS } from '../testing/room.ts';

const RTP = { codecs: [], encodings: [{}] };
const CAPABILITIES = { codecs: [] };
const WORKERS = 4;

type Step =
  | { do: 'open'; peer: number; worker: number }
  | { do: 'produce' | 'unproduce' | 'leave'; peer: number }
  | { do: 'consume'; peer: number; of: string }
  | { do: 'die'; worker: number }
  | { do: 'wait'; ms: number }
  | { do: 'answer'; times: number }
  | { do: 'settle' };

const PEERS = 5;
/** One on each of the first workers, who speaks as long as that lives. */
const SPEAKERS = 3;
const peer = fc.nat(PEERS - 1);
const worker = fc.nat(WORKERS - 1);
const whose = fc.oneof(
  peer.map((n) => `peer-${n}`),
  fc.nat(SPEAKERS - 1).map((n) => `speaker-${n}`),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('consume' as const), peer, of: whose }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('answer' as const), times: fc.nat(4) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('open' as const), peer, worker }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('produce', 'unproduce', 'leave'), peer }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('die' as const), worker: fc.integer({ min: 1, max: WORKERS - 1 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 5_000, 20_000) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'settle' as const }) },
);
const steps = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' });

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A room whose workers answer in whatever order the scheduler says. */
class World {
  readonly clock = new FakeClock();
  readonly workers: FakeWorker[];
  readonly room: Room;
  readonly #alive: Set<MediaWorker>;
  readonly #scheduler: fc.Scheduler;
  readonly #pending = new Set<Promise<unknown>>();
  readonly #sends = new Map<string, string>();
  /** By consumer: who was told that they hear what. */
  readonly #heard = new Map<string, { peer: RoomPeer; producerId: string }>();
  #next: FakeWorker;

  private constructor(scheduler: fc.Scheduler, workers: FakeWorker[], room: (world: World) => Room) {
    this.#scheduler = scheduler;
    this.workers = workers;
    this.#alive = new Set(workers);
    this.#next = workers[0] as FakeWorker;
    this.room = room(this);
  }

  static async create(scheduler: fc.Scheduler): Promise<World> {
    const workers = Array.from({ length: WORKERS }, (_, index) => new FakeWorker(index));
    const [home] = workers;
    assert.ok(home);
    const router = await home.createRouter();
    for (const one of workers) one.delay = () => scheduler.schedule(Promise.resolve(), `worker ${one.index}`);
    return new World(
      scheduler,
      workers,
      (world) =>
        new Room({
          id: 'room',
          worker: home,
          router,
          place: () => world.#next,
          forwarding: NO_SLOTS,
          isAlive: (one) => world.#alive.has(one),
          clock: world.clock,
          log: silentLogger,
        }),
    );
  }

  /** Everybody is there and speaks. */
  async begin(): Promise<void> {
    for (let n = 0; n < SPEAKERS; n++) this.#open(`speaker-${n}`, n);
    for (let n = 0; n < PEERS; n++) this.#open(`peer-${n}`, n % WORKERS);
    await this.settle();
    for (const peerId of this.#sends.keys()) this.#produce(peerId);
    await this.settle();
  }

  run(step: Step): Promise<void> | void {
    switch (step.do) {
      case 'open':
        return this.#open(`peer-${step.peer}`, step.worker);
      case 'produce':
        return this.#produce(`peer-${step.peer}`);
      case 'unproduce':
        return this.#with(`peer-${step.peer}`, (one) => {
          for (const id of one.producerIds) void one.closeProducer(id);
        });
      case 'leave':
        return this.room.closePeer(`peer-${step.peer}`);
      case 'consume':
        return this.#with(`peer-${step.peer}`, async (one) => {
          const ids = this.#peer(step.of)?.producerIds;
          if (!ids?.length) return;
          for (const { consumerId, producerId } of await one.consume(ids, CAPABILITIES)) {
            this.#heard.set(consumerId, { peer: one, producerId });
          }
        });
      case 'die':
        return this.#die(step.worker);
      case 'wait':
        return this.clock.advance(step.ms);
      case 'answer':
        return this.#answer(step.times);
      case 'settle':
        return this.settle();
    }
  }

  /** Every answer comes. */
  async settle(): Promise<void> {
    do {
      await this.#scheduler.waitAll();
      await turn();
    } while (this.#scheduler.count() > 0 || this.#pending.size > 0);
  }

  /** Some answers come. */
  async #answer(times: number): Promise<void> {
    for (let n = 0; n < times && this.#scheduler.count() > 0; n++) {
      await this.#scheduler.waitOne();
      await turn();
    }
  }

  /** What peers hear: consumers that are no pipe's. */
  get consumers(): FakeConsumer[] {
    return this.workers.flatMap(({ routers }) =>
      routers.flatMap((router) =>
        [...router.producers.values()].flatMap((producer) =>
          [...producer.consumers].filter((consumer) => !router.pipes.some(({ consumers }) => consumers.has(consumer))),
        ),
      ),
    );
  }

  /** Consumers that should be: their peer and their producer live. */
  get promised(): string[] {
    return [...this.#heard].flatMap(([consumerId, { peer, producerId }]) =>
      !peer.closed && this.room.directory.find(producerId) ? consumerId : [],
    );
  }

  live(kind: string): string[] {
    return this.workers.flatMap(({ live }) => [...live].filter((id) => id.startsWith(kind)));
  }

  #open(peerId: string, index: number): void {
    const chosen = this.workers[index];
    if (!chosen || !this.#alive.has(chosen)) return;
    this.#next = chosen;
    this.#sends.delete(peerId);
    this.#track(this.room.openPeer(peerId).then(({ send }) => this.#sends.set(peerId, send.id)));
  }

  #die(index: number): void {
    const victim = this.workers[index];
    if (!victim || !this.#alive.delete(victim)) return;
    victim.die();
    this.room.handleWorkerDied(victim);
  }

  #produce(peerId: string): void {
    this.#with(peerId, async (one) => {
      const transportId = this.#sends.get(peerId);
      if (transportId) await one.produce(transportId, RTP, false);
    });
  }

  #peer(peerId: string): RoomPeer | undefined {
    try {
      return this.room.peer(peerId);
    } catch {
      return undefined;
    }
  }

  #with(peerId: string, act: (one: RoomPeer) => void | Promise<void>): void {
    const one = this.#peer(peerId);
    if (one) this.#track((async () => act(one))());
  }

  /** Refusals are as they may be; anything else fails the test. */
  #track(work: Promise<unknown>): void {
    const tracked = work
      .catch((error: unknown) => {
        if (!(error instanceof ParleyError) || error.code === 'internal') throw error;
      })
      .finally(() => this.#pending.delete(tracked));
    this.#pending.add(tracked);
  }
}

test('in whatever order people come, speak, listen and go, workers die and answers come: everybody listening is fed, and in the end nothing is left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), steps, async (scheduler, all) => {
      const world = await World.create(scheduler);
      await world.begin();
      for (const step of all) await world.run(step);
      await world.settle();

      for (const consumer of world.consumers) assert.ok(consumer.fed, `${consumer.producerId} does not arrive`);
      const living = new Set(world.consumers.map(({ id }) => id));
      for (const id of world.promised) assert.ok(living.has(id), `${id} was taken away`);
      const perTarget = world.room.inspect('node').pipes.reduce((sum, { producers }) => sum + producers, 0);
      const piped = world.workers.flatMap(({ routers }) =>
        routers.flatMap(({ producers }) => [...producers.values()].filter(({ pipe }) => pipe)),
      );
      assert.equal(piped.length, perTarget, 'one pipe a producer and target');

      for (let n = 0; n < PEERS; n++) world.room.closePeer(`peer-${n}`);
      await world.settle();
      world.clock.advance(60_000);
      await world.settle();
      world.clock.advance(60_000);
      // Those who speak still speak, to nobody.
      const speakers = world.room.peerCount;
      assert.deepEqual(world.live('pipe'), []);
      assert.deepEqual(world.live('consumer'), []);
      assert.equal(world.live('producer').length, speakers);
      assert.equal(world.live('transport').length, 2 * speakers);
      assert.equal(world.live('router').length, Math.max(1, speakers), 'the home router, and those of the others');
      world.room.close();
      assert.deepEqual(world.live(''), []);
      assert.equal(world.clock.pending, 0);
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 200) },
  );
});
