import type { DepartureStore } from '../departure-store.ts';
import type { RedisLink } from './link.ts';

/** A key each, which Redis forgets when the participant's token has ended. */
export class RedisDepartureStore implements DepartureStore {
  readonly #link: RedisLink;
  readonly #lifetimeMs: number;

  constructor({ link, lifetimeMs }: { link: RedisLink; lifetimeMs: number }) {
    this.#link = link;
    this.#lifetimeMs = lifetimeMs;
  }

  async add(participantId: string): Promise<void> {
    await this.#link.call((redis) => redis.set(this.#key(participantId), '1', 'PX', this.#lifetimeMs));
  }

  async has(participantId: string): Promise<boolean> {
    return (await this.#link.call((redis) => redis.exists(this.#key(participantId)))) === 1;
  }

  #key(participantId: string): string {
    return this.#link.key('left', participantId);
  }
}
