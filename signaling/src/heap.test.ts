import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

/** Keeps some 60 MB alive, of which all is replaced many times, and says what V8 takes for it at most. */
const CHURN = `
  import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
  const alive = Array.from({ length: 300_000 }, () => Array(25).fill(0));
  let total = 0;
  for (let i = 0; i < 1_000_000; i++) {
    alive[(i * 7919) % alive.length] = Array(25).fill(i);
    if (i % 10_000 === 0) total = Math.max(total, getHeapStatistics().total_heap_size);
  }
  const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size;
  console.log(JSON.stringify({ total: total / 1e6, young: young / 1e6 }));
`;

function takes(first: string): { total: number; young: number } {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', `${first}${CHURN}`];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 50_000 }));
}

test('the heap holds much less garbage than V8 would let it', () => {
  const plain = takes('');
  const small = takes(`import ${JSON.stringify(import.meta.resolve('./heap.ts'))};`);
  const words = `${JSON.stringify(small)} against ${JSON.stringify(plain)}`;
  assert.ok(small.young <= 8 && small.young < plain.young / 4, words);
  assert.ok(small.total < plain.total * 0.8, words);
});
