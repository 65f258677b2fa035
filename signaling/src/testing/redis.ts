import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { silentLogger, systemClock } from '@parley/shared/runtime';
import { RedisLink } from '../store/redis/link.ts';
import { until } from './until.ts';

/** A real Redis of a test's own, which keeps nothing on disk. */
export interface TestRedis {
  readonly url: string;
  readonly pid: number;
  /** A link to it that is up, closed with the test. */
  link(prefix?: string): Promise<RedisLink>;
  /** Stands still, as a machine that hangs, and goes on. */
  pause(): void;
  resume(): void;
  /** Is gone, and comes back on the same port with nothing in it. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts a redis-server on a free port. `npm test` brings the program; without it the test says so and fails. */
export async function startRedis(t: TestContext): Promise<TestRedis> {
  const port = await freePort();
  let child = await launch(port);
  const links: RedisLink[] = [];
  const stop = async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  t.after(async () => {
    for (const link of links) link.close();
    await stop();
  });
  const url = `redis://127.0.0.1:${port}`;
  return {
    url,
    get pid() {
      return child.pid ?? 0;
    },
    async link(prefix = 'test') {
      const link = new RedisLink({ urls: [url], cluster: false, prefix, clock: systemClock, logger: silentLogger });
      links.push(link);
      await until('redis to be in reach', () => link.isUp);
      return link;
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    stop,
    async start() {
      child = await launch(port);
    },
  };
}

async function launch(port: number) {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no'];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  child.stdout.on('data', (data: Buffer) => {
    said = (said + data.toString()).slice(-4_000);
  });
  await until('redis-server to listen', () => {
    if (failure) throw failure;
    if (child.exitCode !== null) throw new Error(`redis-server ended: ${said}`);
    return said.includes('Ready to accept connections');
  });
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
