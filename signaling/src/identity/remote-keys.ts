import { ParleyError } from '@parley/shared/protocol';
import type { Clock, Logger } from '@parley/shared/runtime';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';

export interface RemoteKeysOptions {
  url: URL;
  clock: Clock;
  logger: Logger;
  /** Fetching them takes no longer than this. */
  deadlineMs?: number;
  /** Keys of this age are fetched anew before they are used. */
  maxAgeMs?: number;
  /** While they cannot be fetched, the last ones are used up to this age. */
  maxStaleMs?: number;
  /** They are not fetched again for a key that was not among them before that, … */
  cooldownMs?: number;
  /** … nor after a failure before that. */
  retryMs?: number;
}

const DEFAULTS = {
  deadlineMs: 3_000,
  maxAgeMs: 600_000,
  maxStaleMs: 24 * 3_600_000,
  cooldownMs: 30_000,
  retryMs: 2_000,
};

/**
 * An issuer's public keys, from its JWKS endpoint. Someone who sends tokens with made-up key ids, or many tokens while
 * the endpoint is down, causes no more requests to it than the cool-downs allow.
 */
export class RemoteKeys {
  readonly #options: RemoteKeysOptions & typeof DEFAULTS;
  readonly #remote: ReturnType<typeof createRemoteJWKSet>;
  #fetchedAt = 0;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(options: RemoteKeysOptions) {
    this.#options = { ...DEFAULTS, ...options };
    const { url, deadlineMs, maxAgeMs, cooldownMs } = this.#options;
    this.#remote = createRemoteJWKSet(url, {
      timeoutDuration: deadlineMs,
      cacheMaxAge: maxAgeMs,
      cooldownDuration: cooldownMs,
    });
  }

  /** @throws {ParleyError} `identity_unavailable` */
  readonly key: JWTVerifyGetKey = async (header, token) => {
    const { clock, retryMs, logger, url } = this.#options;
    if (clock.now() < this.#failedAt + retryMs) return this.#stale(header, token);
    const wasFresh = this.#remote.fresh;
    try {
      const key = await this.#remote(header, token);
      if (!wasFresh) this.#fetchedAt = clock.now();
      return key;
    } catch (error) {
      // The keys are here; this token's is not among them.
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      this.#failedAt = clock.now();
      logger.warn('signing keys not fetched', { url: url.origin, error });
      return this.#stale(header, token, error);
    }
  };

  async #stale(...[header, token, cause]: [...Parameters<JWTVerifyGetKey>, unknown?]) {
    const { clock, maxStaleMs } = this.#options;
    const last = this.#remote.jwks();
    const usable = last && clock.now() < this.#fetchedAt + maxStaleMs;
    if (!usable) throw new ParleyError('identity_unavailable', undefined, { cause });
    try {
      return await createLocalJWKSet(last)(header, token);
    } catch (missing) {
      // It may be a newer key: that cannot be told before they are fetched again.
      if (missing instanceof errors.JWKSNoMatchingKey)
        throw new ParleyError('identity_unavailable', undefined, { cause });
      throw missing;
    }
  }
}
