import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeWorker } from '../media/fake.ts';
import { RouterPair } from './router-pair.ts';

const NOT_FOUND = { code: 'not_found' };

/** Lets what has been resolved run. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function setUp() {
  const workers = { hub: new FakeWorker(0), branch: new FakeWorker(1) };
  const [hub, branch] = await Promise.all([workers.hub.createRouter(), workers.branch.createRouter()]);
  const pair = new RouterPair(hub, branch);
  const direct = await branch.createDirect();
  const producer = await direct.produce();
  /** What is there besides the routers and the producer. */
  const made = () =>
    [...workers.hub.live, ...workers.branch.live].filter((id) => /^(pipe|consumer)/.test(id) || hub.producers.has(id));
  return { workers, hub, branch, pair, direct, producer, made };
}

test('a producer goes through under its own id, and others through the same pipe, either way', async () => {
  const { pair, producer, direct, hub, branch, made } = await setUp();
  const other = await direct.produce();
  const back = await (await hub.createDirect()).produce();
  await Promise.all([pair.toHub(producer.id), pair.toHub(other.id), pair.fromHub(back.id)]);
  assert.ok(hub.producers.get(producer.id)?.fed && hub.producers.get(other.id)?.fed);
  assert.ok(branch.producers.get(back.id)?.fed);
  assert.equal(hub.pipes.length, 1);
  assert.equal(made().filter((id) => id.startsWith('pipe')).length, 2);
});

test('the pipe goes with the last that went through it, and is made anew for the next', async () => {
  const { pair, producer, direct, made } = await setUp();
  const other = await direct.produce();
  const [first, second] = await Promise.all([pair.toHub(producer.id), pair.toHub(other.id)]);
  first.close();
  first.close();
  await turn();
  assert.equal(second.closed, false);
  second.close();
  await turn();
  assert.deepEqual(made(), []);
  assert.equal((await pair.toHub(producer.id)).closed, false);
});

test('a producer that closes takes what came of it with it', async () => {
  const { pair, producer, hub, made } = await setUp();
  const carriage = await pair.toHub(producer.id);
  let told = 0;
  carriage.onClosed(() => told++);
  producer.close();
  assert.equal(carriage.closed, true);
  assert.equal(told, 1);
  assert.equal(hub.producers.size, 0);
  await turn();
  assert.deepEqual(made(), []);
});

for (const end of ['hub', 'branch'] as const) {
  test(`when the worker of the ${end} dies the other end is closed, and all that went through has ended`, async () => {
    const { pair, producer, workers, made } = await setUp();
    const carriage = await pair.toHub(producer.id);
    let told = 0;
    carriage.onClosed(() => told++);
    workers[end].die();
    assert.equal(carriage.closed, true);
    assert.equal(told, 1);
    await turn();
    assert.deepEqual(made(), []);
  });

  test(`a worker of the ${end} that does not answer leaves nothing at the other end`, async () => {
    const { pair, producer, workers, made } = await setUp();
    workers[end].refuse(new Error('no answer'));
    await assert.rejects(pair.toHub(producer.id), /no answer/);
    await turn();
    assert.deepEqual(made(), []);
    workers[end].refuse(undefined);
    await pair.toHub(producer.id);
  });
}

test('a producer that closes while the other end is made does not come out there', async () => {
  const { pair, producer, direct, workers, made } = await setUp();
  // The pipe is there already.
  const other = await pair.toHub((await direct.produce()).id);
  workers.hub.pause();
  const carrying = pair.toHub(producer.id);
  await turn();
  producer.close();
  workers.hub.release();
  await assert.rejects(carrying, NOT_FOUND);
  other.close();
  await turn();
  assert.deepEqual(made(), []);
});

test('what cannot come out is not sent any more either', async () => {
  const { pair, producer, direct, workers, made } = await setUp();
  const other = await pair.toHub((await direct.produce()).id);
  const before = made().length;
  workers.hub.refuse(new Error('no answer'));
  await assert.rejects(pair.toHub(producer.id), /no answer/);
  assert.equal(made().length, before);
  other.close();
});

test('closed while the pipe is made, or while something is brought through it, a pair leaves nothing', async () => {
  for (const late of ['hub', 'branch'] as const) {
    const { pair, producer, workers, made } = await setUp();
    workers[late].pause();
    const carrying = pair.toHub(producer.id);
    await turn();
    pair.close();
    workers[late].release();
    await assert.rejects(carrying, NOT_FOUND);
    await turn();
    assert.deepEqual(made(), []);
    await assert.rejects(pair.toHub(producer.id), NOT_FOUND);
  }
});
