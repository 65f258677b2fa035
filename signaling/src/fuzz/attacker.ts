import { ERRORS, PROTOCOL_VERSIONS, REQUESTS, type RequestName } from '@parley/shared/protocol';
import { io, type Socket } from 'socket.io-client';
import * as v from 'valibot';
import type { Knowledge } from './knowledge.ts';
import type { Message } from './messages.ts';
import { fill } from './schema-arbitrary.ts';

const MAX_UNANSWERED = 48;
const ANSWER_DEADLINE_MS = 15_000;
/** Codes that say the server itself did not cope. */
const OUR_FAULT = new Set(['internal', 'timeout', 'store_unavailable']);

/** What came of a message: a code of the table, `ok`, or what happened instead of an answer. */
export type Outcome = string;

/** A client that says whatever it is told to, and looks at every answer. */
export class Attacker {
  #url: string;
  #knowledge: Knowledge;
  #token: string | undefined;
  #socket: Socket | undefined;
  /** An answer that should not have been given, and the message it was given to. */
  readonly findings: string[] = [];

  /** @param token of a user who may moderate; a guest without one */
  constructor(url: string, knowledge: Knowledge, token?: string) {
    this.#url = url;
    this.#knowledge = knowledge;
    this.#token = token;
  }

  /** Sends them in order, so many at a time; returns the outcomes. */
  async send(messages: readonly Message[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const waiting = messages.values();
    const lane = async () => {
      for (const message of waiting) outcomes.push(await this.#say(message));
    };
    await Promise.all(Array.from({ length: MAX_UNANSWERED }, lane));
    return outcomes;
  }

  close(): void {
    this.#socket?.disconnect();
  }

  async #say({ name, args, wantsAnswer }: Message): Promise<Outcome> {
    const socket = await this.#connected();
    const filled = args.map((arg) => fill(arg, (key) => this.#knowledge.of(key)));
    if (!wantsAnswer) {
      socket.emit(name, ...filled);
      return 'unanswered';
    }
    try {
      const answer: unknown = await socket.timeout(ANSWER_DEADLINE_MS).emitWithAck(name, ...filled);
      return this.#judge(name, filled, answer);
    } catch {
      // Too large a message ends the connection, and what was on its way with it.
      if (!socket.connected) return 'disconnected';
      return this.#find('no answer', name, filled);
    }
  }

  #judge(name: string, args: unknown[], answer: unknown): Outcome {
    const { ok, data, error } = answer as {
      ok: unknown;
      data?: unknown;
      error?: { code?: unknown; retryAfterMs?: unknown };
    };
    if (ok === true) {
      if (!Object.hasOwn(REQUESTS, name)) return this.#find('an unknown request was answered well', name, args);
      const { success } = v.safeParse(REQUESTS[name as RequestName].output, data);
      if (!success) return this.#find('an answer does not fit its schema', name, args);
      this.#knowledge.learn(data);
      return 'ok';
    }
    const code = error?.code;
    if (typeof code !== 'string' || !Object.hasOwn(ERRORS, code)) return this.#find('an answer of no kind', name, args);
    if (OUR_FAULT.has(code)) return this.#find(code, name, args);
    const isLimit = code === 'rate_limited' || code === 'server_full';
    if (isLimit && typeof error?.retryAfterMs !== 'number')
      return this.#find(`${code} without retryAfterMs`, name, args);
    return code;
  }

  #find(what: string, name: string, args: unknown[]): Outcome {
    if (this.findings.length < 10) this.findings.push(`${what}: ${name} ${JSON.stringify(args)?.slice(0, 2_000)}`);
    return what;
  }

  #connecting: Promise<Socket> | undefined;

  #connected(): Promise<Socket> | Socket {
    if (this.#socket?.connected) return this.#socket;
    this.#connecting ??= new Promise<Socket>((resolve, reject) => {
      const auth = { versions: [...PROTOCOL_VERSIONS], token: this.#token };
      const socket = io(this.#url, { transports: ['websocket'], auth, reconnection: false, forceNew: true });
      socket.once('connect', () => resolve(socket));
      socket.once('connect_error', reject);
      this.#socket = socket;
    }).finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }
}
