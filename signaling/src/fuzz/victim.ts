/*
 * A real signaling server, with an SFU that keeps its books and carries nothing, in a process of its own that tells its
 * parent how much memory it holds. Run with --expose-gc.
 */
import { randomBytes } from 'node:crypto';
import { createLogger, systemClock } from '@parley/shared/runtime';
import { readConfig } from '../config.ts';
import { startSignaling } from '../server.ts';
import { FakeSfu } from '../sfu/sfu.fake.ts';

/** What a victim tells its parent. */
export type Word =
  | { type: 'listening'; port: number }
  | { type: 'fault'; line: string }
  | { type: 'rooms'; rooms: unknown[] }
  | { type: 'memory'; heapBytes: number; rssBytes: number };

const say = (word: Word) => process.send?.(word);
const logger = createLogger({ level: 'warn', write: (line) => say({ type: 'fault', line }) });
const sfu = new FakeSfu('sfu-1', 'sfu-2');
const random = { id: () => 'node-1', secret: () => randomBytes(32).toString('base64url') };
const config = readConfig(JSON.parse(process.argv[2] ?? '{}'), random);
const server = await startSignaling({ config, sfu, clock: systemClock, logger });

process.on('message', (word) => {
  if (word === 'rooms') {
    const { rooms } = server.cluster.stores;
    void rooms.ids().then(async (names) => {
      say({ type: 'rooms', rooms: await Promise.all(names.map((name) => rooms.read(name))) });
    });
    return;
  }
  sfu.log.length = 0;
  // Twice: what a finalizer lets go is only found by the next one.
  globalThis.gc?.();
  setImmediate(() => {
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    say({ type: 'memory', heapBytes: heapUsed + external, rssBytes: rss });
  });
});
process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', (error) => {
  say({ type: 'fault', line: `uncaught: ${error.stack}` });
  process.exit(1);
});
process.on('unhandledRejection', (error) => {
  say({ type: 'fault', line: `unhandled: ${String(error)}` });
  process.exit(1);
});
say({ type: 'listening', port: server.port });
