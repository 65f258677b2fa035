import type { IncomingMessage, ServerResponse } from 'node:http';
import sirv from 'sirv';
import type { OriginPolicy } from '../socket/origin.ts';
import { securePage } from './headers.ts';

export type FileHandler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** Names with a hash of the content, as Vite and Rolldown make them: eight characters, hardly ever all small letters. */
const HASHED = /[.-](?=[\w-]*[A-Z0-9])[\w-]{8}\.(?:js|css|woff2?|svg|png|jpg|webp|mp3|ogg|wasm|map)$/;

/** The demo: one page, whatever the path (rooms may be called `v1.2`), except below /assets/. */
export function pages(folder: string): FileHandler {
  const setHeaders: SetHeaders = (response, path) => {
    securePage(response);
    response.setHeader('Cache-Control', cacheControl(path));
  };
  const page = files(folder, { single: true, ignores: false }, setHeaders);
  const asset = files(folder, {}, setHeaders);
  return (request, response, next) => (request.url?.startsWith('/assets/') ? asset : page)(request, response, next);
}

/** The SDK, for pages of this and of the allowed origins. */
export function sdkFiles(folder: string, origins: OriginPolicy): FileHandler {
  const serve = files(folder, {}, (response, path) => response.setHeader('Cache-Control', cacheControl(path)));
  return (request, response, next) => {
    response.setHeader('Vary', 'Origin');
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    const { origin } = request.headers;
    if (origin !== undefined && origins.isListed(origin)) response.setHeader('Access-Control-Allow-Origin', origin);
    serve(request, response, next);
  };
}

type SetHeaders = (response: ServerResponse, path: string) => void;

function files(folder: string, options: { single?: boolean; ignores?: false }, setHeaders: SetHeaders): FileHandler {
  // `dev`: looks at the folder at each request, since it may be built anew, or only now, while this server runs.
  const serve = sirv(folder, { ...options, dev: true, etag: true, setHeaders });
  return (request, response, next) => {
    // sirv leaves a file that vanishes while it is sent to nobody, which would end the process.
    response.once('pipe', (source) => source.once('error', () => response.destroy()));
    serve(request, response, next);
  };
}

function cacheControl(path: string): string {
  return HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache';
}
