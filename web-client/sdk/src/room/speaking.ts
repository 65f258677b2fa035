/** Linear level above which someone is talking (-34 dBov), and how long they stay so after it falls, in ms. */
const TALKING_LEVEL = 0.02;
const HOLD_MS = 400;

/** Decides from levels, read at any rhythm, who is talking. */
export class SpeakingDetector {
  readonly #loudAt = new Map<string, number>();

  /** @param level linear, 0 to 1. @param now in ms. */
  update(participantId: string, level: number, now: number): boolean {
    if (level > TALKING_LEVEL) this.#loudAt.set(participantId, now);
    const loudAt = this.#loudAt.get(participantId);
    return loudAt !== undefined && now - loudAt < HOLD_MS;
  }

  forget(participantId: string): void {
    this.#loudAt.delete(participantId);
  }
}
