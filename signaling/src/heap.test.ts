import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

/** Comes to keep 100 MB alive while twice as much is soon forgotten, and says what V8 has taken for it at the most. */
const GROWTH = `
  import { getHeapStatistics } from 'node:v8';
  const alive = [];
  let passing = [];
  let taken = 0;
  for (let i = 0; i < 400_000; i++) {
    alive.push(Array(25).fill(0));
    passing.push(Array(50).fill(i));
    if (passing.length > 1_000) passing = [];
    if (i % 500 > 0) continue;
    taken = Math.max(taken, getHeapStatistics().total_heap_size);
    await new Promise(setImmediate);
  }
  console.log(taken / 1e6);
`;

function megabytesTaken(first: string): number {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', `${first}${GROWTH}`];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 50_000 }));
}

test('the heap holds much less garbage than V8 would let it', () => {
  const plain = megabytesTaken('');
  const small = megabytesTaken(`import ${JSON.stringify(import.meta.resolve('./heap.ts'))};`);
  assert.ok(small < plain * 0.85, `${small} MB against ${plain}`);
});
