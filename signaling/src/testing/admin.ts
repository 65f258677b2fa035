import assert from 'node:assert/strict';
import type { WireError } from '@parley/shared/protocol';

export const ADMIN_KEY = 'an-admin-key-for-the-tests';

/** What the admin API answers. */
export interface AdminAnswer {
  status: number;
  body: unknown;
  headers: Headers;
}

/** An integrator's server that knows the key. */
export class AdminClient {
  readonly #url: string;
  readonly #key: string;

  constructor(url: string, key = ADMIN_KEY) {
    this.#url = url;
    this.#key = key;
  }

  async ask(method: string, path: string, body?: unknown): Promise<AdminAnswer> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { Authorization: `Bearer ${this.#key}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json(), headers: response.headers };
  }

  async get<T>(path: string): Promise<T> {
    const { status, body } = await this.ask('GET', path);
    assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
    return body as T;
  }

  async post<T>(path: string, body?: unknown): Promise<T> {
    const answer = await this.ask('POST', path, body);
    assert.equal(answer.status, 200, `${path}: ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }

  /** The status and the error of what is refused. */
  async refusal(method: string, path: string, body?: unknown): Promise<[status: number, error: WireError]> {
    const answer = await this.ask(method, path, body);
    assert.ok(answer.status >= 400, `${path} was not refused`);
    return [answer.status, (answer.body as { error: WireError }).error];
  }
}
