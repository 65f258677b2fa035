import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { Instruments } from '../metrics/instruments.ts';
import { WebhookMetrics } from '../metrics/webhooks.ts';
import type { NumberedHook } from '../rooms/index.ts';
import { MemoryOutbox } from '../store/memory/outbox.ts';
import { Receiver, WEBHOOK_SECRET } from '../testing/receiver.ts';
import { until } from '../testing/until.ts';
import type { WebhookSettings } from './configuration.ts';
import { outboxLimitsOf, Webhooks } from './webhooks.ts';

async function start(t: TestContext, settings: Partial<WebhookSettings> = {}, receivers = 1) {
  const clock = new FakeClock(1_800_000_000_000);
  const all = await Promise.all(Array.from({ length: receivers }, () => Receiver.start(t)));
  for (const one of all) one.now = () => clock.now();
  const [receiver] = all;
  assert.ok(receiver);
  const urls = all.map(({ url }) => url);
  const full = { urls, secret: WEBHOOK_SECRET, deadlineMs: 5_000, concurrency: 8, queueMax: 1_000, roomQueueMax: 500 };
  const instruments = new Instruments();
  const logged: string[] = [];
  const note = (message: string, fields?: object) => logged.push(JSON.stringify({ message, ...fields }));
  const logger = { ...silentLogger, warn: note, error: note, info: note, child: () => logger };
  const outbox = new MemoryOutbox(outboxLimitsOf({ ...full, ...settings }));
  const webhooks = new Webhooks({
    settings: { ...full, ...settings },
    outbox,
    clock,
    random: () => 0.5,
    logger,
    metrics: new WebhookMetrics(instruments),
  });
  t.after(() => webhooks.close());
  const seqs = new Map<string, number>();
  /** The room says so many things. */
  const say = (roomId: string, count = 1) => {
    const hooks = Array.from({ length: count }, (): NumberedHook => {
      const seq = (seqs.get(roomId) ?? 0) + 1;
      seqs.set(roomId, seq);
      return { stream: `life of ${roomId}`, seq, at: clock.now(), hook: { type: 'roomLocked', locked: true } };
    });
    webhooks.add(roomId, webhooks.messagesOf(roomId, hooks));
  };
  const attempts = async (result: string) => {
    const text = await instruments.registry.metrics();
    return Number(new RegExp(`parley_webhook_attempts_total\\{result="${result}"\\} (\\d+)`).exec(text)?.[1]);
  };
  /** Lets time pass, at most so much, giving what is under way the chance to end in between. */
  const pass = async (ms: number, done: () => boolean) => {
    const end = clock.now() + ms;
    while (clock.now() < end && !done()) {
      clock.advance(250);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  return { clock, webhooks, outbox, receiver, receivers: all, say, attempts, pass, logged };
}

describe('delivery', () => {
  test('in order, signed, with an id of its own each', async (t) => {
    const { receiver, say, outbox, attempts } = await start(t);
    say('lobby', 40);
    await until('all to come', () => receiver.events.length === 40);
    receiver.assertInOrder('lobby');
    assert.equal(new Set(receiver.events.map(({ id }) => id)).size, 40);
    const [first] = receiver.events;
    assert.deepEqual([first?.roomId, first?.incarnation, first?.type], ['lobby', 'life of lobby', 'roomLocked']);
    await until('nothing to wait', async () => (await outbox.backlog()) === 0);
    assert.equal(await attempts('delivered'), 40);
    assert.equal(receiver.openMax, 1, 'one room has one delivery under way');
  });

  test('again and again until it is accepted, and in order then: nothing is lost in 10 minutes', async (t) => {
    const { receiver, say, outbox, pass, logged, attempts } = await start(t);
    await receiver.stop();
    const rooms = Array.from({ length: 10 }, (_, i) => `room ${i}`);
    for (let minute = 0; minute < 10; minute++) {
      for (const room of rooms) say(room, 2);
      await pass(60_000, () => false);
    }
    assert.equal(await outbox.backlog(), 200);
    const inVain = await attempts('unreachable');
    assert.ok(inVain > 100 && inVain < 500, `asked again with patience: ${inVain} attempts`);
    await receiver.start();
    await pass(600_000, () => receiver.events.length >= 200);
    assert.equal(receiver.events.length, 200, 'each once');
    for (const room of rooms) receiver.assertInOrder(room);
    assert.deepEqual(
      logged.map((line) => JSON.parse(line).message),
      ['webhooks are not accepted; they are tried again', 'webhooks are accepted again'],
      'said once',
    );
    assert.ok(!logged.join().includes('/hooks'), 'the path of a receiver may be a secret');
  });

  test('whatever is not 2xx is no acceptance: errors, redirects, connections that are cut', async (t) => {
    const { receiver, receivers, say, pass, attempts } = await start(t, {}, 2);
    const [, other] = receivers;
    assert.ok(other);
    receiver.elsewhere = other.url;
    other.manner = () => 'fail';
    const manners = (['fail', 'redirect', 'cut'] as const).values();
    receiver.manner = () => manners.next().value ?? 'accept';
    say('lobby');
    await pass(600_000, () => receiver.events.length === 1);
    assert.equal(receiver.attempts, 4, 'three in vain');
    const before = other.attempts;
    other.manner = () => 'accept';
    await pass(600_000, () => other.events.length === 1);
    assert.equal(other.attempts, before + 1, 'a redirect leads nowhere');
    await until('both to be counted', async () => (await attempts('delivered')) === 2);
  });

  test('a receiver that hangs is asked again after the deadline', async (t) => {
    const { receiver, say, pass, attempts, clock } = await start(t);
    receiver.manner = () => (receiver.attempts < 3 ? 'hang' : 'accept');
    say('lobby');
    await until('it to be asked', () => receiver.open === 1);
    clock.advance(4_999);
    assert.equal(await attempts('unreachable'), 0);
    await pass(600_000, () => receiver.events.length === 1);
    assert.equal(receiver.attempts, 3);
    assert.equal(await attempts('unreachable'), 2);
  });

  test('one room’s trouble is not the others’, be it many rooms', async (t) => {
    const { receiver, say, pass } = await start(t, { concurrency: 4 });
    const tries = new Map<string, number>();
    receiver.manner = ({ roomId }) => {
      tries.set(roomId, (tries.get(roomId) ?? 0) + 1);
      return roomId.startsWith('bad') ? 'hang' : 'accept';
    };
    for (let i = 0; i < 20; i++) say(`bad ${i}`, 2);
    await until('all places to be taken', () => receiver.open === 4);
    const haveFailed = () => tries.size === 20 && [...tries.values()].reduce((a, b) => a + b) > 40;
    await pass(300_000, haveFailed);
    assert.ok(haveFailed(), 'all have failed');
    const before = receiver.attempts;
    for (let i = 0; i < 5; i++) say(`good ${i}`, 3);
    // No time passes: none of the bad ones is given up meanwhile.
    await until('the good ones', () => receiver.events.length === 15);
    for (let i = 0; i < 5; i++) receiver.assertInOrder(`good ${i}`);
    assert.ok(receiver.attempts - before >= 15);
  });

  test('one receiver’s trouble is not the other’s', async (t) => {
    const { receivers, say, outbox, pass } = await start(t, {}, 2);
    const [good, bad] = receivers;
    assert.ok(good && bad);
    await bad.stop();
    say('lobby', 5);
    await until('the good one to have all', () => good.events.length === 5);
    assert.equal(await outbox.backlog(), 5);
    await bad.start();
    await pass(600_000, () => bad.events.length === 5);
    good.assertInOrder('lobby');
    bad.assertInOrder('lobby');
    assert.equal(good.events.length, 5);
  });
});

test('when too much waits the oldest is lost, loudly', async (t) => {
  const { receiver, say, pass, logged, attempts } = await start(t, { roomQueueMax: 10 });
  receiver.manner = () => 'fail';
  say('lobby', 25);
  assert.equal(await attempts('dropped'), 15);
  const line = logged.find((line) => line.includes('webhooks lost'));
  assert.deepEqual(JSON.parse(line ?? '{}'), { message: 'webhooks lost: too many wait', roomId: 'lobby', count: 15 });
  receiver.manner = () => 'accept';
  await pass(600_000, () => receiver.events.length === 10);
  assert.deepEqual(
    receiver.events.map(({ seq }) => seq),
    Array.from({ length: 10 }, (_, i) => i + 16),
    'the gap shows in the numbers',
  );
});

test('what waits in memory when the node stops is said to be lost', async (t) => {
  const { receiver, say, webhooks, logged } = await start(t);
  receiver.manner = () => 'hang';
  say('lobby', 3);
  await until('it to be asked', () => receiver.open === 1);
  await webhooks.close();
  await until('the request to be given up', () => receiver.open === 0);
  assert.ok(logged.some((line) => line.includes('the node stops') && line.includes('"count":3')));
});

test('without a receiver nothing is kept', async (t) => {
  const { webhooks, outbox } = await start(t, { urls: [] });
  assert.deepEqual(
    webhooks.messagesOf('lobby', [{ stream: 's', seq: 1, at: 0, hook: { type: 'roomLocked', locked: true } }]),
    [],
  );
  webhooks.add('lobby', ['x']);
  assert.equal(await outbox.backlog(), 0);
});
