import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { NotFoundError, UnsupportedError, WorkerClosedError } from 'mediasoup/errors';
import { createWorkerCall, refusing } from './call.ts';

test('a call without an answer ends at the deadline, and what comes late is undone', async () => {
  const clock = new FakeClock();
  const call = createWorkerCall(1_000, clock);
  const undone: string[] = [];
  const { promise, resolve } = Promise.withResolvers<string>();
  const waiting = call('createRouter', promise, (late) => undone.push(late));
  clock.advance(1_000);
  await assert.rejects(waiting, { code: 'timeout' });
  resolve('late');
  await promise;
  assert.deepEqual(undone, ['late']);
});

test('a late failure is nobody’s', async () => {
  const clock = new FakeClock();
  const { promise, reject } = Promise.withResolvers<string>();
  const waiting = createWorkerCall(1_000, clock)('createRouter', promise);
  clock.advance(1_000);
  await assert.rejects(waiting, { code: 'timeout' });
  reject(new Error('late'));
  await assert.rejects(promise);
});

test('what mediasoup throws becomes a code; what it does not explain stays as it is', async () => {
  const call = createWorkerCall(1_000, new FakeClock());
  await assert.rejects(call('x', Promise.reject(new WorkerClosedError('x'))), { code: 'sfu_unavailable' });
  await assert.rejects(call('x', Promise.reject(new NotFoundError('x'))), { code: 'not_found' });
  await assert.rejects(call('x', Promise.reject(new TypeError('x'))), TypeError);
  await assert.rejects(refusing('rtp', call('x', Promise.reject(new TypeError('no ssrc')))), {
    code: 'invalid_request',
    path: 'rtp',
    message: 'rtp: no ssrc',
  });
  await assert.rejects(refusing('rtp', Promise.reject(new UnsupportedError('x'))), { code: 'invalid_request' });
  await assert.rejects(refusing('rtp', Promise.reject(new Error('x'))), { message: 'x' });
});
