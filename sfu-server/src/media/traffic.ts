import type { Clock } from '@parley/shared/runtime';

/** Calls to a worker in one round at most, one after the other. */
export const CALLS_PER_ROUND = 50;
/** Milliseconds between the beginnings of two rounds at least. */
export const ROUND_MS = 1_000;

/** What went through a worker since it was started. Bytes are of RTP, headers and all, without SRTP, UDP and IP. */
export interface TrafficTotals {
  receivedPackets: number;
  receivedBytes: number;
  forwardedPackets: number;
  forwardedBytes: number;
}

/** What a producer has got so far. */
export interface Received {
  readonly packets: number;
  readonly bytes: number;
}

/** A producer and whoever it is forwarded to. */
export interface Flow {
  /** What it has got so far, as the worker counts it. Rejects when it is closed or the worker does not answer in time. */
  read(): Promise<Received>;
  /** Whether its packets come over the network, and not from this process. */
  readonly fromNetwork: boolean;
  readonly producer: { readonly closed: boolean; readonly paused: boolean };
  readonly consumers: ReadonlySet<{ readonly paused: boolean }>;
}

const NOTHING: Received = { packets: 0, bytes: 0 };

/**
 * Counts a worker's packets by asking for what producers have received: of each it was forwarded as often as the producer
 * has consumers that are not paused. So it costs a call for each microphone or slot now and then, and none for listeners.
 * The longest unasked is asked first; what a producer got since then is not counted when it closes.
 */
export class Traffic {
  readonly totals: TrafficTotals = { receivedPackets: 0, receivedBytes: 0, forwardedPackets: 0, forwardedBytes: 0 };
  readonly #clock: Clock;
  /** What each had got when it was asked last; the longest unasked first. */
  readonly #flows = new Map<Flow, Received>();
  #isMeasuring = false;
  #begunAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(flow: Flow): void {
    this.#flows.set(flow, NOTHING);
  }

  remove(flow: Flow): void {
    this.#flows.delete(flow);
  }

  /** A round, unless one is under way or has begun just now. A call that fails ends it: the next goes on from there. */
  async measure(): Promise<void> {
    const now = this.#clock.now();
    if (this.#isMeasuring || now - this.#begunAt < ROUND_MS) return;
    this.#isMeasuring = true;
    this.#begunAt = now;
    try {
      for (const flow of [...this.#flows.keys()].slice(0, CALLS_PER_ROUND)) await this.#measure(flow);
    } catch {
      // A worker that is silent has a watchdog; what it counts meanwhile is there when it is back.
    } finally {
      this.#isMeasuring = false;
    }
  }

  async #measure(flow: Flow): Promise<void> {
    const before = this.#flows.get(flow);
    if (!before) return;
    // Its next turn comes after those of all others, whatever comes of this one.
    this.#flows.delete(flow);
    this.#flows.set(flow, before);
    let received: Received;
    try {
      received = await flow.read();
    } catch (error) {
      if (flow.producer.closed) return;
      throw error;
    }
    if (this.#flows.has(flow)) this.#flows.set(flow, received);
    // Less than before: a stream began anew, and so did the count of it.
    const base = received.packets < before.packets || received.bytes < before.bytes ? NOTHING : before;
    this.#count(flow, received.packets - base.packets, received.bytes - base.bytes);
  }

  #count(flow: Flow, packets: number, bytes: number): void {
    const { totals } = this;
    if (flow.fromNetwork) {
      totals.receivedPackets += packets;
      totals.receivedBytes += bytes;
    }
    if (flow.producer.paused) return;
    let listening = 0;
    for (const { paused } of flow.consumers) if (!paused) listening += 1;
    totals.forwardedPackets += packets * listening;
    totals.forwardedBytes += bytes * listening;
  }
}
