import type { RequestName } from '@parley/shared/protocol';
import { CLASS_OF, USER_LIMIT_OF } from './classes.ts';
import { Limiter, type SharedCounts, TooMany } from './limiter.ts';
import { type Limit, type LimitSettings, REQUEST_CLASSES, type RequestClass } from './settings.ts';

const WINDOW_S = 10;
/** A connection that goes on to this many times what it may do has not understood, and is dropped. */
const FLOOD_FACTOR = 10;

export interface RequestLimitsOptions {
  settings: Pick<LimitSettings, 'rates' | 'joinsPerMinute' | 'enqueuesPerMinute'>;
  shared?: SharedCounts | undefined;
  onLimit: (limit: Limit) => void;
}

/** Who asks. */
export interface Asker {
  /** Of the connection. */
  readonly id: string;
  readonly userId: string;
  /** Ends the connection, as the network would. */
  drop(): void;
}

/** Counts the requests of every connection by class, and those of a user that cost others something. */
export class RequestLimits {
  readonly #options: RequestLimitsOptions;
  readonly #classes: Readonly<Record<RequestClass, Limiter>>;
  readonly #users: Readonly<Record<'joins' | 'enqueues', Limiter>>;

  constructor(options: RequestLimitsOptions) {
    this.#options = options;
    const { settings, shared } = options;
    const ofClass = (name: RequestClass) => Limiter.local({ name, points: settings.rates[name], seconds: WINDOW_S });
    this.#classes = Object.fromEntries(REQUEST_CLASSES.map((name) => [name, ofClass(name)])) as Record<
      RequestClass,
      Limiter
    >;
    this.#users = {
      joins: Limiter.shared({ name: 'joins', points: settings.joinsPerMinute, seconds: 60 }, shared),
      enqueues: Limiter.shared({ name: 'enqueues', points: settings.enqueuesPerMinute, seconds: 60 }, shared),
    };
  }

  /**
   * Lets a request pass; what is no request of ours counts as one of its session.
   * @throws {ParleyError} `rate_limited`, with `retryAfterMs`
   */
  async admit(asker: Asker, name: RequestName | undefined): Promise<void> {
    const kind = name === undefined ? 'session' : CLASS_OF[name];
    const { onLimit, settings } = this.#options;
    try {
      await this.#classes[kind].consume(asker.id);
    } catch (error) {
      if (error instanceof TooMany) {
        onLimit(kind);
        if (error.count === settings.rates[kind] * FLOOD_FACTOR) {
          onLimit('flood');
          asker.drop();
        }
      }
      throw error;
    }
    const userLimit = name === undefined ? undefined : USER_LIMIT_OF[name];
    if (userLimit === undefined) return;
    await this.#users[userLimit].consume(asker.userId).catch((error: unknown) => {
      if (error instanceof TooMany) onLimit(`user_${userLimit}`);
      throw error;
    });
  }

  /** The connection has ended. */
  forget(connectionId: string): void {
    for (const limiter of Object.values(this.#classes)) limiter.forget(connectionId);
  }
}
