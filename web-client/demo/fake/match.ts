import type { JoinOptions, Match, MatchEvents, MatchState } from '@parley/voice-sdk';
import { FakeRoom } from './room.ts';
import type { Scenario } from './scenario.ts';

type Listener = (...args: never[]) => void;

/** A search that finds someone after a while, and someone else after that. */
export class FakeMatch implements Match {
  state: MatchState = 'waiting';
  readonly partners: readonly string[] = [];
  readonly #name: string;
  readonly #options: JoinOptions;
  readonly #scenario: Scenario;
  readonly #listeners = new Map<string, Set<Listener>>();
  #timers: ReturnType<typeof setTimeout>[] = [];
  #room: FakeRoom | null = null;
  #count = 0;

  constructor(name: string, options: JoinOptions, scenario: Scenario) {
    this.#name = name;
    this.#options = options;
    this.#scenario = scenario;
    this.#look();
  }

  get room(): FakeRoom | null {
    return this.#room;
  }

  on<E extends keyof MatchEvents>(event: E, listener: (...args: MatchEvents[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    listeners.add(listener as Listener);
    this.#listeners.set(event, listeners);
    return () => this.off(event, listener);
  }

  off<E extends keyof MatchEvents>(event: E, listener: (...args: MatchEvents[E]) => void): void {
    this.#listeners.get(event)?.delete(listener as Listener);
  }

  async block(): Promise<void> {}

  async report(): Promise<void> {
    if (this.#scenario.flags.has('no-report')) throw new Error('The server says: no.');
  }

  async next(): Promise<void> {
    this.#stop();
    this.#look();
  }

  async cancel(): Promise<void> {
    this.#stop();
  }

  #look(): void {
    const { wait, fail, flags } = this.#scenario;
    if (fail) return this.#later(300, () => this.#emit('closed', { code: fail, message: `The server says: ${fail}.` }));
    if (wait < 0) return;
    if (flags.has('again')) {
      this.#later(400, () => this.#emit('found', 2));
      this.#later(900, () => this.#emit('waiting'));
    }
    this.#later(wait, () => {
      this.#emit('found', 2);
      if (flags.has('stay-found')) return;
      this.#later(900, () => this.#meet());
    });
  }

  #meet(): void {
    this.#count += 1;
    const room = new FakeRoom(`match:${this.#count}`, this.#name, this.#options, this.#scenario, this.#count);
    this.#room = room;
    this.#emit('room', room);
    if (this.#scenario.flags.has('missed')) this.#later(1500, () => this.#emit('partnerLeft', null));
  }

  #stop(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
    void this.#room?.leave();
    this.#room = null;
  }

  #later(ms: number, run: () => void): void {
    this.#timers.push(setTimeout(run, ms));
  }

  #emit<E extends keyof MatchEvents>(event: E, ...args: MatchEvents[E]): void {
    for (const listener of this.#listeners.get(event) ?? []) (listener as (...args: MatchEvents[E]) => void)(...args);
  }
}
