import type { IncomingMessage, ServerResponse } from 'node:http';
import sirv from 'sirv';
import type { OriginPolicy } from '../socket/origin.ts';
import { securePage } from './headers.ts';

export type FileHandler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** What is in a file whose name has a hash of it never changes. */
const FOR_GOOD = 'public, max-age=31536000, immutable';
/** Parts of the SDK are called `parley-[name]-[hash].js`: web-client/sdk/build.ts. */
const HASHED_PART = /\/parley-[a-z-]+-[\w-]{8}\.js(?:\.map)?$/;

/** The demo: one page, whatever the path (rooms may be called `v1.2`), except below /assets/. */
export function pages(folder: string): FileHandler {
  const secured = (caching: string) => (response: ServerResponse) => {
    securePage(response);
    response.setHeader('Cache-Control', caching);
  };
  const page = files(folder, { single: true, ignores: false }, secured('no-cache'));
  // Vite gives all that is there a name with a hash.
  const asset = files(folder, {}, secured(FOR_GOOD));
  return (request, response, next) => (request.url?.startsWith('/assets/') ? asset : page)(request, response, next);
}

/** The SDK, for pages of this and of the allowed origins. */
export function sdkFiles(folder: string, origins: OriginPolicy): FileHandler {
  const serve = files(folder, {}, (response, path) =>
    response.setHeader('Cache-Control', HASHED_PART.test(path) ? FOR_GOOD : 'no-cache'),
  );
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
