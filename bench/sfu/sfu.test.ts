import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ensureWorker } from '../../scripts/worker.mjs';
import { startLimit } from './limit.ts';
import { Parley } from './parley.ts';
import { SLOTS } from './room.ts';
import { type Forwarder, Side } from './side.ts';

process.env.MEDIASOUP_WORKER_BIN ??= await ensureWorker();

const SPOKEN_MS = 400;
const PACKETS = 20;

/** So many speakers, then two listeners; the side is closed with the test. */
async function gather(t: { after(close: () => Promise<void>): void }, forwarder: Forwarder, speakers: number) {
  const side = new Side(forwarder);
  t.after(() => side.close());
  await side.addSpeakers(speakers);
  return side;
}

for (const [name, start] of [
  ['a bare worker', startLimit],
  ['our server', () => Parley.start()],
] as const) {
  test(`listeners count every packet that ${name} forwards, and what it cost`, async (t) => {
    const side = await gather(t, await start(), 1);
    await side.addListeners(2);
    const { heard, sent, cpu } = await side.listen(SPOKEN_MS);
    assert.equal(sent, PACKETS);
    assert.equal(heard.packets, 2 * PACKETS);
    assert.ok(cpu.forwarding > 0 && cpu.all >= cpu.forwarding);
    assert.ok(heard.latencyP99 >= heard.latencyP50 && heard.latencyP50 > 0);
  });
}

test('with more speakers than slots a listener counts as many streams as there are slots, and reads when they were sent', async (t) => {
  const parley = await Parley.start();
  const side = await gather(t, parley, SLOTS + 2);
  await parley.expectSlots();
  await side.addListeners(2, true);
  await side.listen(SPOKEN_MS);
  const { heard } = await side.listen(SPOKEN_MS);
  assert.equal(heard.packets, 2 * SLOTS * PACKETS);
  assert.ok(heard.latencyP50 > 0 && heard.latencyP99 < 60_000);
});
