/** Microseconds of CPU a packet is assumed to cost until this machine has told: 6 to 9 with SRTP alone (`npm run bench:sfu`). */
const ASSUMED_US = 10;
/** What a packet may be believed to cost: less is silence (DTX sends nothing), more is something else than packets. */
const LEAST_US = 4;
const MOST_US = 40;
/** Share of a CPU a worker is to use at most: the rest is for what comes at once, like many joins. */
export const CPU_TARGET = 0.8;
/** Below this many packets a second what a worker does besides forwarding would be taken for their cost. */
const MEANINGFUL_PACKETS = 2_000;
/** Weight of the latest measurement. */
const ALPHA = 0.1;

/** Learns what a packet costs a worker on this machine. */
export class PacketCost {
  #us = ASSUMED_US;

  /** Microseconds. */
  get us(): number {
    return this.#us;
  }

  /**
   * @param packets a second, expected to have been sent meanwhile.
   * @param cpu share of a CPU the worker used meanwhile.
   */
  measured(packets: number, cpu: number): void {
    if (packets < MEANINGFUL_PACKETS) return;
    const us = Math.min(MOST_US, Math.max(LEAST_US, (cpu * 1e6) / packets));
    this.#us += ALPHA * (us - this.#us);
  }

  /** Packets a second a worker may send: at most `budget`, less where they cost more than that would leave. */
  budget(budget: number): number {
    return Math.min(budget, (CPU_TARGET * 1e6) / this.#us);
  }
}
