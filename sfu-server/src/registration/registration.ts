import { type NodeState, REGISTRATION_BEAT_MS, REGISTRATION_TTL_MS } from '@parley/shared/control';
import type { Clock, Logger, Timer } from '@parley/shared/runtime';
import type { Board } from './board.ts';

/**
 * Says on a board, again and again, that this node is there, and how it is. A board out of reach changes nothing for
 * the node: it forwards on, and is on the board again when that is back.
 */
export class Registration {
  readonly #options: { board: Board; state: () => NodeState; clock: Clock; log: Logger };
  #timer: Timer | undefined;
  #saying: Promise<void> | undefined;
  /** Null: not known yet. */
  #isHeard: boolean | null = null;
  #closed = false;

  constructor(options: { board: Board; state: () => NodeState; clock: Clock; log: Logger }) {
    this.#options = options;
  }

  /** Says it, now and from now on; called again, it says it without waiting for the next time. */
  say(): void {
    if (this.#closed) return;
    const { clock } = this.#options;
    clock.cancel(this.#timer);
    this.#timer = clock.after(REGISTRATION_BEAT_MS, () => this.say());
    // One at a time, so that what was said last is what stands there.
    this.#saying ??= this.#say().finally(() => {
      this.#saying = undefined;
    });
  }

  /** Takes the node off the board. Never rejects. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { board, state, clock, log } = this.#options;
    clock.cancel(this.#timer);
    await this.#saying;
    // Should it not be heard, what stands there ends by itself.
    await board.remove(state().nodeId).catch((error: unknown) => log.debug('not taken off the board', { error }));
    board.close();
  }

  async #say(): Promise<void> {
    const { board, state, log } = this.#options;
    const now = state();
    try {
      await board.put(now.nodeId, JSON.stringify(now), REGISTRATION_TTL_MS);
      if (this.#isHeard !== true) log.info('registered', { url: now.url });
      this.#isHeard = true;
    } catch (error) {
      if (this.#isHeard !== false) log.warn('not registered: redis out of reach', { error });
      this.#isHeard = false;
    }
  }
}
