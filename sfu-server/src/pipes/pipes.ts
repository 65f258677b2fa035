import { ParleyError } from '@parley/shared/protocol';
import type { Clock, Timer } from '@parley/shared/runtime';
import type { Carriage, Place } from './place.ts';

/** Keeps a producer where it is needed. */
export interface Hold {
  /** It is not needed any longer. Idempotent. */
  release(): void;
}

export interface PipesOptions {
  hub: Place;
  /** Where a producer of the room is made; undefined: there is none of that id. */
  originOf: (producerId: string) => Place | undefined;
  /** How long a producer stays after nobody needs it, in milliseconds: who consumes it again finds it there. */
  lingerMs: number;
  clock: Clock;
}

/** A producer brought to a place where it is not made: once, for all who need it there. */
interface Carried {
  readonly producerId: string;
  readonly from: Place;
  readonly to: Place;
  holds: number;
  linger: Timer | undefined;
  ready: Promise<void>;
  carriage: Carriage | undefined;
  /** To another place than the hub it goes on from there. */
  atHub: Hold | undefined;
  ended: boolean;
}

const NOTHING_TO_HOLD: Hold = { release: () => {} };

/** Brings a room's producers to where they are needed, each at most once to each place. */
export class Pipes {
  readonly #options: PipesOptions;
  readonly #carried = new Map<Place, Map<string, Carried>>();
  #closed = false;

  constructor(options: PipesOptions) {
    this.#options = options;
  }

  /**
   * Has the producer at that place for as long as the hold is kept, the producer lives, and the place does.
   * @throws {ParleyError} `not_found` when the producer or the place is gone, or goes meanwhile.
   */
  async hold(producerId: string, at: Place): Promise<Hold> {
    const { originOf, clock } = this.#options;
    const origin = originOf(producerId);
    if (this.#closed || !origin || at.closed) throw gone();
    if (origin === at) return NOTHING_TO_HOLD;
    const carried = this.#carried.get(at)?.get(producerId) ?? this.#start(producerId, origin, at);
    carried.holds++;
    clock.cancel(carried.linger);
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      if (--carried.holds > 0 || carried.ended) return;
      carried.linger = clock.after(this.#options.lingerMs, () => this.#end(carried));
    };
    try {
      await carried.ready;
      if (carried.ended) throw gone();
    } catch (error) {
      release();
      throw error;
    }
    return { release };
  }

  /** The producer is gone everywhere. */
  producerClosed(producerId: string): void {
    for (const byProducer of [...this.#carried.values()]) {
      const carried = byProducer.get(producerId);
      if (carried) this.#end(carried);
    }
  }

  close(): void {
    this.#closed = true;
    for (const carried of this.#all) this.#end(carried);
  }

  /** What runs where: how many producers from place to place. */
  get flows(): { from: Place; to: Place; producers: number }[] {
    const flows: { from: Place; to: Place; producers: number }[] = [];
    for (const { from, to, carriage } of this.#all) {
      if (!carriage) continue;
      const flow = flows.find((one) => one.from === from && one.to === to);
      if (flow) flow.producers++;
      else flows.push({ from, to, producers: 1 });
    }
    return flows;
  }

  get #all(): Carried[] {
    return [...this.#carried.values()].flatMap((byProducer) => [...byProducer.values()]);
  }

  #start(producerId: string, origin: Place, to: Place): Carried {
    const from = to === this.#options.hub ? origin : this.#options.hub;
    const carried: Carried = {
      producerId,
      from,
      to,
      holds: 0,
      linger: undefined,
      ready: Promise.resolve(),
      carriage: undefined,
      atHub: undefined,
      ended: false,
    };
    let byProducer = this.#carried.get(to);
    if (!byProducer) {
      byProducer = new Map();
      this.#carried.set(to, byProducer);
    }
    byProducer.set(producerId, carried);
    carried.ready = this.#carry(carried).catch((error: unknown) => {
      this.#end(carried);
      throw error;
    });
    return carried;
  }

  async #carry(carried: Carried): Promise<void> {
    const { producerId, from, to } = carried;
    if (to !== this.#options.hub) carried.atHub = await this.hold(producerId, this.#options.hub);
    const carriage = await (to === this.#options.hub ? from.toHub(producerId) : to.fromHub(producerId));
    if (carried.ended) return carriage.close();
    carried.carriage = carriage;
    carriage.onClosed(() => this.#end(carried));
    if (carriage.closed) this.#end(carried);
  }

  #end(carried: Carried): void {
    if (carried.ended) return;
    carried.ended = true;
    this.#options.clock.cancel(carried.linger);
    const byProducer = this.#carried.get(carried.to);
    byProducer?.delete(carried.producerId);
    if (byProducer?.size === 0) this.#carried.delete(carried.to);
    carried.carriage?.close();
    carried.atHub?.release();
  }
}

const gone = () => new ParleyError('not_found', 'There is no such producer any more.');
