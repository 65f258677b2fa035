import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from '@parley/shared/runtime';
import type { Metrics } from '../metrics/metrics.ts';
import { AdminApi } from './admin/api.ts';
import type { FileHandler } from './files.ts';
import { secure } from './headers.ts';

const SDK_PREFIX = '/sdk/';

export interface HttpOptions {
  /** Whether this node takes clients and can do what they ask; a balancer sends them elsewhere if not. */
  isReady: () => boolean;
  metrics: () => Metrics;
  pages: FileHandler | undefined;
  sdk: FileHandler | undefined;
  admin: () => AdminApi;
  /** So long a request may take to say what it wants. */
  headersMs: number;
  logger: Logger;
}

/** Health, metrics and files; Socket.IO shares its port. */
export function createHttpServer(options: HttpOptions): Server {
  // Looked at often enough that the deadline is about one.
  const server = createServer(
    { connectionsCheckingInterval: Math.min(2_000, options.headersMs) },
    (request, response) => {
      respond(request, response, options).catch((error: unknown) => {
        options.logger.error('http request failed', { error });
        if (response.headersSent) response.destroy();
        else plain(response, 500, 'Something went wrong on the server.\n');
      });
    },
  );
  server.headersTimeout = options.headersMs;
  server.requestTimeout = 3 * options.headersMs;
  return server;
}

async function respond(request: IncomingMessage, response: ServerResponse, options: HttpOptions): Promise<void> {
  const { isReady, metrics, pages, sdk } = options;
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  // Socket.IO answers for itself.
  if (path.startsWith('/socket.io/')) return;
  secure(response);
  if (AdminApi.isAbout(path)) return options.admin().handle(request, response);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    plain(response, 405, 'Method not allowed.\n');
    return;
  }
  const notFound = () => plain(response, 404, 'Not found.\n');
  if (path === '/health') plain(response, 200, 'OK');
  else if (path === '/ready') plain(response, isReady() ? 200 : 503, isReady() ? 'Ready' : 'Not ready');
  else if (path === '/metrics') await writeMetrics(response, metrics());
  else if (path.startsWith(SDK_PREFIX)) {
    if (!sdk) return notFound();
    request.url = `/${(request.url ?? '').slice(SDK_PREFIX.length)}`;
    sdk(request, response, notFound);
  } else if (pages) pages(request, response, notFound);
  else notFound();
}

async function writeMetrics(response: ServerResponse, { registry }: Metrics): Promise<void> {
  const body = await registry.metrics();
  response.writeHead(200, { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' }).end(body);
}

function plain(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' }).end(body);
}
