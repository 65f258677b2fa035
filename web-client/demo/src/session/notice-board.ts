import { listNames } from '../text/names.ts';
import { Store } from './store.ts';

/** A short message that goes away by itself. */
export interface Notice {
  readonly id: number;
  readonly text: string;
  /** A newer notice of the same topic takes the place of an older one. */
  readonly topic: string | undefined;
}

/** The timers, so that tests need not wait. */
export interface Timers {
  after(ms: number, run: () => void): () => void;
}

const browserTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Comings and goings within this time become one message. */
const COALESCE_MS = 900;
const SHOWN_MS = 5000;
const MAX_SHOWN = 3;

/** What happened lately, told politely: at most three at a time, and a crowd that arrives is one message. */
export class NoticeBoard extends Store<readonly Notice[]> {
  readonly #timers: Timers;
  readonly #expiry = new Map<number, () => void>();
  #joined: string[] = [];
  #left: string[] = [];
  #pending: (() => void) | undefined;
  #nextId = 1;

  constructor(timers: Timers = browserTimers) {
    super([]);
    this.#timers = timers;
  }

  joined(name: string): void {
    this.#joined.push(name);
    this.#later();
  }

  left(name: string): void {
    // Someone who came and went within a breath is no news.
    const arrived = this.#joined.indexOf(name);
    if (arrived >= 0) this.#joined.splice(arrived, 1);
    else this.#left.push(name);
    this.#later();
  }

  show(text: string, topic?: string): void {
    const id = this.#nextId++;
    const kept = this.getSnapshot().filter((notice) => topic === undefined || notice.topic !== topic);
    const notices = [...kept, { id, text, topic }].slice(-MAX_SHOWN);
    this.#expiry.set(
      id,
      this.#timers.after(SHOWN_MS, () => this.#remove(id)),
    );
    this.set(notices);
  }

  close(): void {
    this.#pending?.();
    this.#pending = undefined;
    for (const cancel of this.#expiry.values()) cancel();
    this.#expiry.clear();
    this.set([]);
  }

  #later(): void {
    this.#pending ??= this.#timers.after(COALESCE_MS, () => {
      this.#pending = undefined;
      if (this.#joined.length > 0) this.show(`${listNames(this.#joined)} joined`);
      if (this.#left.length > 0) this.show(`${listNames(this.#left)} left`);
      this.#joined = [];
      this.#left = [];
    });
  }

  #remove(id: number): void {
    this.#expiry.delete(id);
    this.set(this.getSnapshot().filter((notice) => notice.id !== id));
  }
}
