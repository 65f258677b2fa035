import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attempt as AttemptReport } from '@parley/shared/protocol';
import { FakeClock } from '@parley/shared/runtime';
import { Attempt } from './attempt.ts';

test('an attempt tells how it ended, and after how long, once', () => {
  const clock = new FakeClock();
  const reports: AttemptReport[] = [];
  const attempt = new Attempt('mesh', (report) => reports.push(report), clock);
  clock.advance(340);
  attempt.settle('connected');
  clock.advance(1000);
  attempt.settle('abandoned');
  assert.deepEqual(reports, [{ path: 'mesh', outcome: 'connected', ms: 340 }]);
});

test('what comes up after it was given up has come too late', () => {
  const reports: AttemptReport[] = [];
  const attempt = new Attempt('sfu', (report) => reports.push(report), new FakeClock());
  attempt.settle('unreachable');
  attempt.settle('connected');
  assert.deepEqual(
    reports.map(({ outcome }) => outcome),
    ['unreachable'],
  );
});
