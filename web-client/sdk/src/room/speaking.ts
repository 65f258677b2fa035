import { isVoiceless, type Roster } from './roster.ts';

/** How often it is decided who is talking, in ms. */
const EVERY_MS = 100;
/** The page's thread is spent on it for at most one part in so many: where levels are slow to get, less often. */
const SHARE = 20;
/** Linear level above which someone is talking (-34 dBov), and how long they stay so after it falls, in ms. */
const TALKING_LEVEL = 0.02;
const HOLD_MS = 400;

/** Decides from levels who is talking, and notes it in the roster. The same for mesh and SFU. */
export class SpeakingMonitor {
  readonly #roster: Roster;
  readonly #levelOf: (participantId: string) => number;
  readonly #loudAt = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param levelOf linear level now, 0 to 1. */
  constructor(roster: Roster, levelOf: (participantId: string) => number) {
    this.#roster = roster;
    this.#levelOf = levelOf;
    this.#schedule(EVERY_MS);
  }

  /** @param now in ms, of any clock that does not run backwards. */
  update(now: number): void {
    for (const participant of this.#roster.participants.values()) {
      const { id } = participant;
      const muted = participant.muted || isVoiceless(participant);
      if (!muted && this.#levelOf(id) > TALKING_LEVEL) this.#loudAt.set(id, now);
      const loudAt = this.#loudAt.get(id);
      this.#roster.patch(id, { speaking: !muted && loudAt !== undefined && now - loudAt < HOLD_MS });
    }
  }

  forget(participantId: string): void {
    this.#loudAt.delete(participantId);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #schedule(waitMs: number): void {
    this.#timer = setTimeout(() => {
      const startedAt = performance.now();
      this.update(startedAt);
      this.#schedule(Math.max(EVERY_MS, (performance.now() - startedAt) * SHARE));
    }, waitMs);
  }
}
