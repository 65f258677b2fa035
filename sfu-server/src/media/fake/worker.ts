import { ParleyError } from '@parley/shared/protocol';
import type { MediaWorker } from '../ports.ts';
import { FakeRouter } from './router.ts';

/** As mediasoup's, ids are unlike those of every other worker. */
let nextId = 0;

/**
 * Media without a worker, for tests: `pause` keeps answers back until `release`, `refuse` fails the next calls,
 * `die` ends it, and `live` says what was made and not closed.
 */
export class FakeWorker implements MediaWorker {
  readonly index: number;
  readonly pid = 0;
  readonly live = new Set<string>();
  readonly routers: FakeRouter[] = [];
  /** Waited for before each answer, by tests that decide in which order answers come. */
  delay: (() => Promise<void>) | undefined;
  #gate: Promise<void> | undefined;
  #open = (): void => {};
  #refusal: Error | undefined;
  #dead = false;

  constructor(index = 0) {
    this.index = index;
  }

  /** Keeps every answer back from now on. */
  pause(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#gate = undefined;
    this.#open();
  }

  /** Fails every call with `error`; undefined: no longer. */
  refuse(error: Error | undefined): void {
    this.#refusal = error;
  }

  /** All that is on it is gone, and nothing is answered any more. */
  die(): void {
    this.#dead = true;
    for (const router of this.routers) router.end(true);
    this.live.clear();
  }

  /** One call to the worker. */
  async answer<T>(make: () => T): Promise<T> {
    await this.#gate;
    await this.delay?.();
    if (this.#dead) throw new ParleyError('sfu_unavailable', 'The media worker died.');
    if (this.#refusal) throw this.#refusal;
    return make();
  }

  /** What it holds from now on. */
  hold(kind: string, id = `${kind}-${nextId++}`): string {
    this.live.add(id);
    return id;
  }

  async createRouter(): Promise<FakeRouter> {
    const router = await this.answer(() => new FakeRouter(this));
    this.routers.push(router);
    return router;
  }
}
