import assert from 'node:assert/strict';
import { noMedia } from '../media/ports.ts';
import type { SfuServer } from '../server.ts';
import { until } from './until.ts';

const EMPTY = { rooms: 0, peers: 0, ...noMedia() };

/** Nothing is left: neither in this process's books nor in the workers'. */
export async function assertEmpty(sfu: SfuServer): Promise<void> {
  await until('nothing to be left', () => {
    const { workers: _, ...rest } = sfu.counts();
    return Object.values(rest).every((count) => count === 0);
  });
  const { workers: _, ...rest } = sfu.counts();
  assert.deepEqual(rest, EMPTY);
  for (const worker of sfu.pool.workers) {
    assert.deepEqual(await worker.holds(), { routers: 0, transports: 0, objects: 0, remembered: 0 });
  }
  const metrics = await (await fetch(`http://127.0.0.1:${sfu.port}/metrics`)).text();
  for (const kind of Object.keys(EMPTY)) assert.match(metrics, new RegExp(`^parley_sfu_${kind} 0$`, 'm'));
}
