import { createHash, randomBytes } from 'node:crypto';
import { ParleyError } from '@parley/shared/protocol';
import {
  type IRateLimiterOptions,
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';

/** Keys of one kind that memory holds at most, whoever comes. */
const BUCKETS = 65_536;

/** Where counts are kept that all nodes share. */
export interface SharedCounts {
  readonly isUp: boolean;
  /** An ioredis client, of one Redis or of a cluster. */
  readonly client: unknown;
  key(...parts: string[]): string;
}

export interface Rate {
  /** Begins the keys. */
  name: string;
  points: number;
  seconds: number;
}

/** Counts what a key does, and refuses what is too much. */
export class Limiter {
  readonly #limiter: RateLimiterAbstract;

  private constructor(limiter: RateLimiterAbstract) {
    this.#limiter = limiter;
  }

  /** For keys that are ours, and that end (`forget`): connections. */
  static local({ name, points, seconds }: Rate): Limiter {
    return new Limiter(new RateLimiterMemory({ keyPrefix: name, points, duration: seconds }));
  }

  /**
   * For keys that strangers choose. Counted in Redis, for all nodes; in the memory of this node without one, and while it
   * is out of reach.
   */
  static shared({ name, points, seconds }: Rate, shared: SharedCounts | undefined): Limiter {
    const options = { points, duration: seconds };
    const memory = new BoundedMemory({ ...options, keyPrefix: name });
    if (!shared) return new Limiter(memory);
    const redis = new RateLimiterRedis({
      ...options,
      keyPrefix: shared.key('limit', name),
      storeClient: shared.client,
      rejectIfRedisNotReady: true,
      // Whoever is refused is refused here from then on: a flood does not reach Redis.
      inMemoryBlockOnConsumed: points + 1,
      insuranceLimiter: memory,
    });
    return new Limiter(redis);
  }

  /**
   * @returns how many there have been, this one included
   * @throws {TooMany}
   */
  async consume(key: string): Promise<number> {
    try {
      return (await this.#limiter.consume(key)).consumedPoints;
    } catch (cause) {
      if (!(cause instanceof RateLimiterRes)) throw cause;
      throw new TooMany(Math.max(1, Math.ceil(cause.msBeforeNext)), cause.consumedPoints);
    }
  }

  /** The key has ended. */
  forget(key: string): void {
    void this.#limiter.delete(key);
  }
}

/** Over a limit: `rate_limited`, until the window ends. */
export class TooMany extends ParleyError {
  /** How many there have been in this window, this one included. */
  readonly count: number;

  constructor(retryAfterMs: number, count: number) {
    super('rate_limited', undefined, { retryAfterMs });
    this.count = count;
  }
}

/**
 * Puts keys into so many buckets and no more. Two keys in one bucket share what they may; a salt keeps anyone from
 * choosing whose bucket that is.
 */
class BoundedMemory extends RateLimiterMemory {
  readonly #salt: Buffer;

  constructor(options: IRateLimiterOptions) {
    super(options);
    this.#salt = randomBytes(16);
  }

  override getKey(key: string | number): string {
    return super.getKey(createHash('sha256').update(this.#salt).update(String(key)).digest().readUInt32LE() % BUCKETS);
  }
}
