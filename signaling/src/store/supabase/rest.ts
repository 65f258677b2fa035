import { ParleyError } from '@parley/shared/protocol';
import type { Logger } from '@parley/shared/runtime';
import * as v from 'valibot';
import type { SupabaseSettings } from './configuration.ts';

/** An answer has to be there by then: less than a request that waits for it has. */
const DEADLINE_MS = 3_000;

/** A Supabase project's database over PostgREST, with the rights of the service key. */
export class SupabaseRest {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #logger: Logger;
  readonly #deadlineMs: number;

  constructor({
    url,
    serviceKey,
    logger,
    deadlineMs = DEADLINE_MS,
  }: SupabaseSettings & { logger: Logger; deadlineMs?: number }) {
    this.#base = `${url}/rest/v1`;
    this.#headers = { apikey: serviceKey, Authorization: `Bearer ${serviceKey}` };
    this.#logger = logger;
    this.#deadlineMs = deadlineMs;
  }

  /** Calls a function of the database. @throws {ParleyError} `store_unavailable` */
  rpc<S extends v.GenericSchema>(name: string, args: object, answer: S): Promise<v.InferOutput<S>> {
    return this.#ask('POST', `/rpc/${name}`, args, answer);
  }

  async insert(table: string, row: object): Promise<void> {
    await this.#ask('POST', `/${table}`, row, v.unknown());
  }

  select<S extends v.GenericSchema>(path: string, answer: S): Promise<v.InferOutput<S>> {
    return this.#ask('GET', `/${path}`, undefined, answer);
  }

  async #ask<S extends v.GenericSchema>(method: string, path: string, body: object | undefined, answer: S) {
    try {
      const response = await fetch(this.#base + path, {
        method,
        headers: { ...this.#headers, ...(body && { 'Content-Type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
        // The key goes to where it was meant for, and nowhere else.
        redirect: 'error',
        signal: AbortSignal.timeout(this.#deadlineMs),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`answered ${response.status}: ${text.slice(0, 200)}`);
      return v.parse(answer, text === '' ? null : JSON.parse(text));
    } catch (cause) {
      this.#logger.warn('supabase not reached', { request: path.split('?')[0], error: cause });
      throw new ParleyError('store_unavailable', undefined, { cause });
    }
  }
}
