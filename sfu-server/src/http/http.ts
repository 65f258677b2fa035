import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Logger } from '@parley/shared/runtime';
import type { Registry } from 'prom-client';

/** `GET /health` (200 `OK`, 503 when nothing could be forwarded) and `GET /metrics`. Not listening yet. */
export function createHttpServer(options: { healthy: () => boolean; registry: Registry; log: Logger }): Server {
  const { healthy, registry, log } = options;
  return createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'Method not allowed');
    if (path === '/health') return healthy() ? send(response, 200, 'OK') : send(response, 503, 'No worker is alive');
    if (path === '/metrics') {
      registry.metrics().then(
        (text) => send(response, 200, text, registry.contentType),
        (error: unknown) => {
          log.error('metrics failed', { error });
          send(response, 500, 'Metrics failed');
        },
      );
      return;
    }
    return send(response, 404, 'Not found');
  });
}

function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
}

/** Listens; resolves with the port. @throws the listen error, explained. */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE';
      reject(inUse ? new Error(`PORT ${port} on ${host} is in use.`, { cause: error }) : error);
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
