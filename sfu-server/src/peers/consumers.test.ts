import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeWorker } from '../media/fake.ts';
import { Consumers } from './consumers.ts';

const CAPABILITIES = { codecs: [] };

async function setUp() {
  const router = await new FakeWorker().createRouter();
  const speaking = await router.createTransport();
  const held: string[] = [];
  const consumers = new Consumers({
    transport: await router.createTransport(),
    router,
    hold: async (producerId) => {
      held.push(producerId);
      return { release: () => held.splice(held.indexOf(producerId), 1) };
    },
  });
  return { router, consumers, held, produce: () => speaking.produce({ paused: false }) };
}

test('a producer is held for as long as it is consumed, whichever way that ends', async () => {
  const { consumers, held, produce } = await setUp();
  const producers = [await produce(), await produce(), await produce()];
  const [closed, dropped, left] = producers.map(({ id }) => id);
  for (const { id } of producers) await consumers.consume(id, CAPABILITIES);
  assert.deepEqual(held, [closed, dropped, left]);
  producers[0]?.close();
  assert.deepEqual(held, [dropped, left]);
  consumers.drop((id) => id === dropped);
  assert.deepEqual(held, [left]);
  consumers.clear();
  assert.deepEqual(held, []);
});

test('what cannot be consumed is not held', async () => {
  const { consumers, held, produce, router } = await setUp();
  assert.equal(await consumers.consume('nobody', CAPABILITIES), undefined);
  const { id } = await produce();
  router.worker.refuse(new Error('no'));
  await assert.rejects(consumers.consume(id, CAPABILITIES), /no/);
  assert.deepEqual(held, []);
});

test('a peer that goes while a consumer is made keeps neither that nor what it held', async () => {
  const { consumers, held, produce, router } = await setUp();
  const producer = await produce();
  router.worker.pause();
  const consuming = consumers.consume(producer.id, CAPABILITIES);
  await new Promise((resolve) => setImmediate(resolve));
  consumers.clear();
  router.worker.release();
  await assert.rejects(consuming, { code: 'not_found' });
  assert.deepEqual(held, []);
  assert.equal(producer.consumers.size, 0);
});
