import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedQueue } from './keyed-queue.ts';

test('work of one key is done one after the other, of others at the same time', async () => {
  const queue = new KeyedQueue();
  const log: string[] = [];
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow = queue.run('a', async () => {
    await gate;
    log.push('a1');
  });
  const next = queue.run('a', () => log.push('a2'));
  await queue.run('b', () => log.push('b'));
  release();
  await Promise.all([slow, next]);
  assert.deepEqual(log, ['b', 'a1', 'a2']);
});

test('work that fails fails alone; nothing is kept afterwards', async () => {
  const queue = new KeyedQueue();
  const failing = queue.run('a', () => Promise.reject(new Error('no')));
  const next = queue.run('a', () => 'done');
  await assert.rejects(failing, /no/);
  assert.equal(await next, 'done');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(queue.size, 0);
});
