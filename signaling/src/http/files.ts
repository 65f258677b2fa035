import type { IncomingMessage, ServerResponse } from 'node:http';
import sirv from 'sirv';
import type { OriginPolicy } from '../socket/origin.ts';
import { securePage } from './headers.ts';

export type FileHandler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** Files whose name carries a hash of their content, as Vite and esbuild make them. */
const HASHED = /[.-][\w-]{8,}\.(?:js|css|woff2?|svg|png|jpg|webp|mp3|ogg|wasm|map)$/;

/** The demo: one page, whatever the path. */
export function pages(folder: string): FileHandler {
  return sirv(folder, {
    single: true,
    etag: true,
    setHeaders(response, path) {
      securePage(response);
      response.setHeader('Cache-Control', cacheControl(path));
    },
  });
}

/** The SDK, for pages of this and of the allowed origins. */
export function sdkFiles(folder: string, origins: OriginPolicy): FileHandler {
  const serve = sirv(folder, {
    // The SDK is rebuilt while a developer's server runs.
    dev: true,
    etag: true,
    setHeaders: (response, path) => response.setHeader('Cache-Control', cacheControl(path)),
  });
  return (request, response, next) => {
    response.setHeader('Vary', 'Origin');
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    const { origin } = request.headers;
    if (origin !== undefined && origins.isListed(origin)) response.setHeader('Access-Control-Allow-Origin', origin);
    serve(request, response, next);
  };
}

function cacheControl(path: string): string {
  return HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache';
}
