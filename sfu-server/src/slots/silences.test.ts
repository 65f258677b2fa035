import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@parley/shared/runtime';
import { Silences } from './silences.ts';

test('a peer is silenced once for a slot, and unsilenced only by the slot he has', async () => {
  const asked: unknown[] = [];
  const silences = new Silences(async (peerId, slotId) => {
    asked.push([peerId, slotId]);
  }, silentLogger);
  await silences.set('ann', 'one');
  await silences.set('ann', 'one');
  await silences.set('ann', 'two');
  silences.clear('ann', 'one');
  assert.deepEqual(silences.all, [{ peerId: 'ann', slotId: 'two' }]);
  silences.clear('ann', 'two');
  silences.clear('ann', 'two');
  assert.deepEqual(asked, [
    ['ann', 'one'],
    ['ann', 'two'],
    ['ann', undefined],
  ]);
});
