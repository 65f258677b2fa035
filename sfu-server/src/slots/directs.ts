import { ParleyError } from '@parley/shared/protocol';
import type { MediaDirect, MediaRouter } from '../media/ports.ts';

/** The ways for packets between this process and routers: one for each, made when it is needed first. */
export class Directs {
  readonly #byRouter = new Map<MediaRouter, Promise<MediaDirect>>();
  #closed = false;

  async get(router: MediaRouter): Promise<MediaDirect> {
    const present = this.#byRouter.get(router);
    if (present) {
      const direct = await present;
      if (!direct.closed) return direct;
      // The next who asks may have made another meanwhile.
      if (this.#byRouter.get(router) === present) this.#byRouter.delete(router);
      else return this.get(router);
    }
    const making = this.#make(router);
    this.#byRouter.set(router, making);
    return making;
  }

  async #make(router: MediaRouter): Promise<MediaDirect> {
    try {
      const direct = await router.createDirect();
      if (!this.#closed) return direct;
      direct.close();
      throw new ParleyError('not_found', 'The room was closed meanwhile.');
    } catch (error) {
      this.#byRouter.delete(router);
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    for (const making of this.#byRouter.values()) {
      making.then(
        (direct) => direct.close(),
        () => {},
      );
    }
    this.#byRouter.clear();
  }
}
