import { ParleyError } from '@parley/shared/protocol';
import { Emitter } from '@parley/shared/runtime';
import { loadMatch } from '../parts.ts';
import type { CloseReason, Match, MatchEvents, MatchState, Room } from '../types.ts';
import type { MatchSession, MatchSessionOptions } from './match.ts';

export type MatchSearchOptions = Omit<MatchSessionOptions, 'events'> & {
  /** Stands in for the real one in tests. */
  load?: typeof loadMatch;
};

/** A search that can be had at once, though what searches is loaded only now: most pages look for nobody. */
export class MatchSearch implements Match {
  readonly #options: MatchSearchOptions;
  readonly #events: Emitter<MatchEvents>;
  readonly #loaded: Promise<MatchSession>;
  #session: MatchSession | null = null;
  /** Before there was a session. */
  #closed = false;

  constructor(options: MatchSearchOptions) {
    this.#options = options;
    this.#events = new Emitter((error, event) => options.log.error('listener threw', { event, error }));
    this.#loaded = this.#load(options.load ?? loadMatch);
    this.#loaded.catch((error) => this.#close(error));
  }

  get state(): MatchState {
    return this.#session?.state ?? (this.#closed ? 'closed' : 'waiting');
  }

  get room(): Room | null {
    return this.#session?.room ?? null;
  }

  get partners(): readonly string[] {
    return this.#session?.partners ?? [];
  }

  async next(): Promise<void> {
    await (await this.#loaded).next();
  }

  async cancel(): Promise<void> {
    if (this.#session) await this.#session.cancel();
    else this.#close({ code: 'left', message: 'You stopped looking.' });
  }

  async block(userId?: string): Promise<void> {
    await (await this.#loaded).block(userId);
  }

  async report(reason: string, userId?: string): Promise<void> {
    await (await this.#loaded).report(reason, userId);
  }

  on<E extends keyof MatchEvents>(event: E, listener: (...args: MatchEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  off<E extends keyof MatchEvents>(event: E, listener: (...args: MatchEvents[E]) => void): void {
    this.#events.off(event, listener);
  }

  async #load(load: typeof loadMatch): Promise<MatchSession> {
    const { MatchSession } = await load();
    if (this.#closed) throw new ParleyError('conflict', 'The search has ended.');
    this.#session = new MatchSession({ ...this.#options, events: this.#events });
    return this.#session;
  }

  #close({ code, message }: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.onClosed();
    this.#events.emit('closed', { code, message });
    this.#events.removeAllListeners();
  }
}
