import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { FakeWorker } from '../media/fake.ts';
import { Directs } from './directs.ts';

async function setUp() {
  const worker = new FakeWorker();
  return { worker, router: await worker.createRouter(), directs: new Directs() };
}

test('a router has one, however many ask for it at once', async () => {
  const { router, directs } = await setUp();
  const [one, two] = await Promise.all([directs.get(router), directs.get(router)]);
  assert.equal(one, two);
  assert.equal(await directs.get(router), one);
});

test('one that has closed is replaced, once', async () => {
  const { router, directs } = await setUp();
  const before = await directs.get(router);
  before.close();
  const [one, two] = await Promise.all([directs.get(router), directs.get(router)]);
  assert.equal(one, two);
  assert.ok(!one.closed);
});

test('what failed can be asked for again', async () => {
  const { worker, router, directs } = await setUp();
  worker.refuse(new ParleyError('timeout'));
  await assert.rejects(directs.get(router), { code: 'timeout' });
  worker.refuse(undefined);
  assert.ok(!(await directs.get(router)).closed);
});

test('closed, also while one is being made, nothing is left', async () => {
  const { worker, router, directs } = await setUp();
  await directs.get(router);
  const other = await worker.createRouter();
  worker.pause();
  const making = directs.get(other);
  directs.close();
  worker.release();
  await assert.rejects(making, { code: 'not_found' });
  assert.deepEqual([...worker.live], [router.id, other.id]);
});
