import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { CALLS_PER_ROUND, type Flow, type Received, ROUND_MS, Traffic } from './traffic.ts';

class FakeFlow implements Flow {
  readonly fromNetwork: boolean;
  readonly producer = { closed: false, paused: false };
  readonly consumers = new Set<{ paused: boolean }>();
  received: Received = { packets: 0, bytes: 0 };
  reads = 0;
  /** What is answered instead. */
  answer: Promise<Received> | undefined;

  constructor({ fromNetwork = true, listeners = 0 } = {}) {
    this.fromNetwork = fromNetwork;
    for (let i = 0; i < listeners; i += 1) this.consumers.add({ paused: false });
  }

  /** 100 bytes a packet. */
  receive(packets: number): void {
    this.received = { packets: this.received.packets + packets, bytes: this.received.bytes + 100 * packets };
  }

  read(): Promise<Received> {
    this.reads += 1;
    return this.answer ?? Promise.resolve(this.received);
  }
}

function setUp(...flows: FakeFlow[]) {
  const clock = new FakeClock();
  const traffic = new Traffic(clock);
  for (const flow of flows) traffic.add(flow);
  /** The next round, when it is time for it. */
  const measure = () => {
    clock.advance(ROUND_MS);
    return traffic.measure();
  };
  return { clock, traffic, measure, totals: traffic.totals };
}

test('what a producer received counts once, and as often as it is listened to', async () => {
  const flow = new FakeFlow({ listeners: 3 });
  const { measure, totals } = setUp(flow);
  flow.receive(10);
  await measure();
  flow.receive(5);
  await measure();
  await measure();
  const expected = { receivedPackets: 15, receivedBytes: 1_500, forwardedPackets: 45, forwardedBytes: 4_500 };
  assert.deepEqual(totals, expected);
});

test('to a consumer that is paused nothing is forwarded, and nothing of a producer that is', async () => {
  const flow = new FakeFlow({ listeners: 3 });
  const { measure, totals } = setUp(flow);
  for (const consumer of [...flow.consumers].slice(1)) consumer.paused = true;
  flow.receive(10);
  await measure();
  assert.equal(totals.forwardedPackets, 10);
  flow.producer.paused = true;
  flow.receive(10);
  await measure();
  assert.deepEqual([totals.receivedPackets, totals.forwardedPackets], [20, 10]);
});

test('what comes from this process is not received, but forwarded', async () => {
  const slot = new FakeFlow({ fromNetwork: false, listeners: 2 });
  const { measure, totals } = setUp(slot);
  slot.receive(7);
  await measure();
  assert.deepEqual([totals.receivedPackets, totals.forwardedPackets], [0, 14]);
});

test('totals never fall: a producer that closes and a stream that begins anew keep what they counted', async () => {
  const [gone, again] = [new FakeFlow(), new FakeFlow()];
  const { traffic, measure, totals } = setUp(gone, again);
  gone.receive(10);
  again.receive(20);
  await measure();
  traffic.remove(gone);
  again.received = { packets: 3, bytes: 300 };
  await measure();
  assert.deepEqual([totals.receivedPackets, totals.receivedBytes], [33, 3_300]);
  again.receive(1);
  await measure();
  assert.deepEqual([totals.receivedPackets, gone.reads], [34, 1]);
});

test('a producer that closes while it is asked counts what the answer says, and ends no round', async () => {
  const [answered, refused, after] = [new FakeFlow(), new FakeFlow(), new FakeFlow()];
  const { traffic, measure, totals } = setUp(answered, refused, after);
  answered.receive(4);
  const answer = Promise.withResolvers<Received>();
  answered.answer = answer.promise;
  refused.answer = Promise.reject(new Error('not found'));
  refused.answer.catch(() => {});
  refused.producer.closed = true;
  after.receive(2);
  const measuring = measure();
  traffic.remove(answered);
  answer.resolve(answered.received);
  await measuring;
  assert.equal(totals.receivedPackets, 6);
  await measure();
  assert.deepEqual([totals.receivedPackets, answered.reads], [6, 1]);
});

test('a round asks for so many at most, one at a time, and in turn', async () => {
  const flows = Array.from({ length: 2 * CALLS_PER_ROUND + 1 }, () => new FakeFlow());
  const { measure } = setUp(...flows);
  const reads = () => flows.map((flow) => flow.reads);
  const asked = () => reads().reduce((sum, one) => sum + one, 0);
  for (let round = 1; round <= 3; round += 1) {
    await measure();
    assert.equal(asked(), round * CALLS_PER_ROUND);
  }
  assert.ok(Math.min(...reads()) === 1 && Math.max(...reads()) === 2, 'nobody twice before everybody once');
});

test('rounds begin at most once a second, and not while one is under way', async () => {
  const flow = new FakeFlow();
  const { clock, traffic, measure } = setUp(flow);
  await measure();
  clock.advance(ROUND_MS - 1);
  await traffic.measure();
  assert.equal(flow.reads, 1);
  const answer = Promise.withResolvers<Received>();
  flow.answer = answer.promise;
  const measuring = measure();
  await measure();
  assert.equal(flow.reads, 2);
  answer.resolve(flow.received);
  await measuring;
  await measure();
  assert.equal(flow.reads, 3);
});

test('a worker that does not answer is asked nothing more in that round; later nothing is missing', async () => {
  const [silent, other] = [new FakeFlow(), new FakeFlow()];
  const { measure, totals } = setUp(silent, other);
  silent.receive(5);
  other.receive(6);
  silent.answer = Promise.reject(new Error('timeout'));
  silent.answer.catch(() => {});
  await measure();
  assert.deepEqual([totals.receivedPackets, other.reads], [0, 0]);
  silent.answer = undefined;
  await measure();
  assert.equal(totals.receivedPackets, 11);
});
