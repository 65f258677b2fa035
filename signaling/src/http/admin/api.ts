import type { IncomingMessage, ServerResponse } from 'node:http';
import { ParleyError } from '@parley/shared/protocol';
import { type Clock, type Logger, withDeadline } from '@parley/shared/runtime';
import { asParleyError } from '../../failure.ts';
import { readJson } from './body.ts';
import type { AdminKey } from './key.ts';
import { type AdminServices, match, type Route } from './route.ts';
import { ROUTES } from './routes.ts';
import { STATUS } from './status.ts';

export interface AdminApiOptions extends AdminServices {
  key: AdminKey;
  /** What a client's address counts as. */
  addressOf: (request: IncomingMessage) => string;
  deadlineMs: number;
  clock: Clock;
  logger: Logger;
  /** A request to a route (its path; null: none of ours) was answered: ok, or with the code of an error. */
  onAnswer: (route: string | null, code: string) => void;
}

/** The operator's way in: JSON over HTTP, below /v1, for who shows the key. No browser page may use it. */
export class AdminApi {
  #options: AdminApiOptions;

  constructor(options: AdminApiOptions) {
    this.#options = options;
  }

  static isAbout(path: string): boolean {
    return path === '/v1' || path.startsWith('/v1/');
  }

  /** Answers whatever comes; never throws. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { logger, onAnswer } = this.#options;
    const url = new URL(request.url ?? '/', 'http://localhost');
    let route: Route | undefined;
    try {
      await this.#authorize(request);
      const { id, routes } = match(ROUTES, url.pathname);
      route = routes.find(({ method }) => method === request.method);
      if (!route) {
        if (routes.length > 0) response.setHeader('Allow', routes.map(({ method }) => method).join(', '));
        throw new ParleyError('unknown_request');
      }
      const answer = await this.#answer(route, request, id, url.searchParams);
      onAnswer(route.path, 'ok');
      logger.info('admin request', { method: route.method, route: route.path });
      send(response, 200, answer);
    } catch (error) {
      const failure = asParleyError(error);
      if (failure.code === 'internal') logger.error('admin request failed', { route: route?.path, error });
      onAnswer(route?.path ?? null, failure.code);
      if (failure.retryAfterMs !== undefined) {
        response.setHeader('Retry-After', String(Math.ceil(failure.retryAfterMs / 1000)));
      }
      if (failure.code === 'unauthorized') response.setHeader('WWW-Authenticate', 'Bearer');
      // What is still to come of the body is not waited for.
      if (!request.complete) response.setHeader('Connection', 'close');
      const status = response.hasHeader('Allow') ? 405 : STATUS[failure.code];
      send(response, status, { error: failure.toWire() });
    }
  }

  async #answer(route: Route, request: IncomingMessage, id: string, query: URLSearchParams): Promise<object> {
    const { deadlineMs, clock } = this.#options;
    const answering = async () => {
      const body = route.method === 'POST' ? await readJson(request) : undefined;
      return route.handle({ ...this.#options, id, query, body });
    };
    return withDeadline(answering(), deadlineMs, route.path, clock);
  }

  /** @throws {ParleyError} `unauthorized`, `rate_limited`, `unknown_request` where there is no admin API */
  async #authorize(request: IncomingMessage): Promise<void> {
    const { key, addressOf } = this.#options;
    const [, given = ''] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    await key.check(given, addressOf(request));
    await key.admit();
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent || response.destroyed) return;
  response
    .writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' })
    .end(JSON.stringify(body));
}
