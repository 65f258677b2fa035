import { type Handshake, ParleyError, PROTOCOL_VERSIONS } from '@parley/shared/protocol';
import { type Clock, type Logger, randomId } from '@parley/shared/runtime';
import type { TokenSource } from '../types.ts';

/** Waits between attempts to get a token, in ms; less together than a server waits for a handshake (10 s). */
const RETRY_MS = [300, 1_000, 2_000];
/** One attempt takes no longer than this, in ms. */
const ATTEMPT_MS = 2_000;

/** What this client shows to be who it is: a token, if it has one, and that it is the same client as before. */
export class Credentials {
  readonly #instance = randomId();
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #region: string | undefined;
  #source: TokenSource | undefined;
  /** What the server gave a guest. */
  #session: string | undefined;

  constructor(options: {
    token: TokenSource | undefined;
    region?: string | undefined;
    clock: Clock;
    log: Logger;
  }) {
    this.#region = options.region;
    this.#source = options.token;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Whether a newer token can be had without anybody's help. */
  get canRenew(): boolean {
    return typeof this.#source === 'function';
  }

  welcomed(session: string | null): void {
    this.#session = session ?? undefined;
  }

  replace(token: TokenSource): void {
    this.#source = token;
  }

  /** @throws {ParleyError} `unauthorized`, when a token was asked for in vain */
  async handshake(): Promise<Handshake> {
    const token = await this.token();
    const [instance, session, region] = [this.#instance, this.#session, this.#region];
    return { versions: [...PROTOCOL_VERSIONS], instance, session, token, ...(region && { region }) };
  }

  /** A token that is valid now, asked for anew if there is someone to ask. @throws {ParleyError} `unauthorized` */
  async token(): Promise<string | undefined> {
    const source = this.#source;
    if (typeof source !== 'function') return source;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#inTime(source);
      } catch (cause) {
        this.#log.warn('no token', { error: cause, attempt });
        const wait = RETRY_MS[attempt];
        if (wait === undefined) throw new ParleyError('unauthorized', 'No access token could be had.', { cause });
        await new Promise<void>((resolve) => this.#clock.after(wait, resolve));
      }
    }
  }

  #inTime(source: () => string | Promise<string>): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(ATTEMPT_MS, () => reject(new Error('the token function takes too long')));
      Promise.resolve()
        .then(source)
        .then(resolve, reject)
        .finally(() => this.#clock.cancel(timer));
    });
  }
}
