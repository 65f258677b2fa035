import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Serves the tests' page on an origin of its own, so that every test is a cross-origin use of the SDK. */
export interface PageServer {
  readonly origin: string;
  /** The page, with the SDK of the given signaling server. */
  pageFor(signaling: string): string;
  close(): Promise<void>;
}

/** The page's own, and what it shares with that of the bots. */
const FOLDERS = ['../page/', '../bots/page/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** The first of that name; null if there is none. */
async function read(name: string): Promise<string | null> {
  for (const folder of FOLDERS) {
    const text = await readFile(`${folder}${name}`, 'utf8').catch(() => null);
    if (text !== null) return text;
  }
  return null;
}

/** Each tab asks for all modules; a module is read and stripped once. */
const modules = new Map<string, Promise<string | null>>();

async function stripped(name: string): Promise<string | null> {
  const source = await read(name);
  return source === null ? null : stripTypeScriptTypes(source);
}

function moduleOf(name: string): Promise<string | null> {
  const known = modules.get(name) ?? stripped(name);
  modules.set(name, known);
  return known;
}

async function answer(url: URL): Promise<{ type: string; body: string } | null> {
  const name = basename(url.pathname);
  if (url.pathname === '/' || name === 'page.html') {
    const html = (await read('page.html')) ?? '';
    return { type: 'text/html', body: html.replaceAll('{{SIGNALING}}', url.searchParams.get('signaling') ?? '') };
  }
  if (extname(name) !== '.ts') return null;
  const body = await moduleOf(name);
  return body === null ? null : { type: 'text/javascript', body };
}

export async function startPageServer(): Promise<PageServer> {
  const server = createServer((request, response) => {
    answer(new URL(request.url ?? '/', 'http://page'))
      .then((found) => {
        response.writeHead(found ? 200 : 404, { 'content-type': found?.type ?? 'text/plain' });
        response.end(found?.body ?? 'not found');
      })
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    pageFor: (signaling) => `${origin}/?signaling=${encodeURIComponent(signaling)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
