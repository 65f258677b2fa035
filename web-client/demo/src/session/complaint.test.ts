import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMPLAINTS, reasonOf, settle } from './complaint.ts';

function session(fails: 'report' | 'block' | null = null) {
  const log: string[] = [];
  const act = (what: string) => async (userId: string, reason?: string) => {
    if (fails === what) throw new Error(what);
    log.push(`${what} ${userId}${reason === undefined ? '' : ` for ${reason}`}`);
  };
  const next = (note?: string | null) => void log.push(`next: ${note}`);
  return { log, block: act('block'), report: act('report'), next };
}

test('who only does not want to meet someone again reports nothing', async () => {
  const one = session();
  await settle(one, { userId: 'ada', complaint: 'none', words: 'left over from before' });
  assert.deepEqual(one.log, ['block ada', 'next: You are not put through to them again.']);
});

test('a report comes first, then the block, then someone else', async () => {
  const one = session();
  await settle(one, { userId: 'ada', complaint: 'insults', words: '  called me names ' });
  assert.deepEqual(one.log.slice(0, 2), ['report ada for insults: called me names', 'block ada']);
  assert.match(one.log[2] ?? '', /^next: Thank you/);
});

test('a report that did not arrive changes nothing', async () => {
  const one = session('report');
  await assert.rejects(settle(one, { userId: 'ada', complaint: 'spam', words: '' }));
  assert.deepEqual(one.log, []);
  const other = session('block');
  await assert.rejects(settle(other, { userId: 'ada', complaint: 'none', words: '' }));
  assert.deepEqual(other.log, []);
});

test('a reason fits into what the server takes', () => {
  for (const { value } of COMPLAINTS) {
    if (value === 'none') continue;
    assert.equal(reasonOf(value, ' '), value);
    assert.ok(reasonOf(value, 'x'.repeat(5000)).length <= 1000);
  }
});
