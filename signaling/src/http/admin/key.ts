import { createHash, timingSafeEqual } from 'node:crypto';
import { ParleyError } from '@parley/shared/protocol';
import { Limiter } from '../../limits/limiter.ts';
import type { AdminSettings } from './configuration.ts';

/** Wrong keys that one address may show in a minute before it is told to wait. */
const FAILURES_PER_MINUTE = 20;

/** What opens the admin API and the operations page: one key, and one count of who guesses at it. */
export class AdminKey {
  #digest: Buffer | null;
  #failures = Limiter.shared({ name: 'admin_failures', points: FAILURES_PER_MINUTE, seconds: 60 }, undefined);
  #requests: Limiter;

  constructor({ key, requestsPerSecond }: AdminSettings) {
    this.#digest = key === undefined ? null : digest(key);
    this.#requests = Limiter.local({ name: 'admin', points: requestsPerSecond, seconds: 1 });
  }

  get isSet(): boolean {
    return this.#digest !== null;
  }

  /**
   * @param given what somebody shows, empty: nothing
   * @param address whom wrong keys count against
   * @throws {ParleyError} `unauthorized`, `rate_limited`; `unknown_request` where there is no key to show
   */
  async check(given: string, address: string): Promise<void> {
    if (!this.#digest) throw new ParleyError('unknown_request', 'There is no admin API here: ADMIN_KEY is not set.');
    if (!timingSafeEqual(digest(given), this.#digest)) {
      await this.#failures.consume(address);
      throw new ParleyError('unauthorized', 'The admin key is missing or wrong.');
    }
  }

  /** One more request of whoever has shown it. @throws {ParleyError} `rate_limited` */
  async admit(): Promise<void> {
    await this.#requests.consume('all');
  }
}

/** Of one length whatever comes, so that the comparison tells nothing of the key's. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
