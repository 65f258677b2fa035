import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLogger } from '@parley/shared/runtime';
import { TestServer } from '../../testing/server.ts';
import { startSupabase, type TestSupabase } from '../../testing/supabase.ts';
import { describeBlockStore } from '../block-store.contract.ts';
import { SupabaseBlockStore } from './block-store.ts';

const ANN = '11111111-1111-4111-8111-111111111111';
const BEN = '22222222-2222-4222-8222-222222222222';

/** One project for all tests of this file: to start one takes seconds. */
let supabase: TestSupabase;
before(async () => {
  supabase = await startSupabase();
});
after(() => supabase.close());

describeBlockStore('supabase', emptyStore);

test('two who block at once together block no more than allowed', async () => {
  const store = await emptyStore();
  await Promise.all(Array.from({ length: 40 }, (_, index) => store.block('ann', `user-${index}`, 1_000)));
  const key = await supabase.key('service_role');
  const block = (other_id: string) =>
    supabase.ask(key, 'rpc/parley_block', {
      method: 'POST',
      body: { owner_id: 'ann', other_id, blocked_at: new Date().toISOString(), most: 45 },
    });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => block(`more-${index}`)));
  assert.equal(answers.filter(({ body }) => body === true).length, 5);
  assert.equal((await store.blockedBy('ann')).length, 45);
});

test('people see their own blocks and reports and change nothing; who is nobody sees nothing', async () => {
  const store = await emptyStore();
  await store.block(ANN, 'x', 1_000);
  await store.block(BEN, 'y', 1_000);
  await store.report({ from: ANN, about: BEN, roomId: 'match:1', reason: 'rude', at: 1_000 });
  const ann = await supabase.key('authenticated', ANN);
  const anon = await supabase.key('anon');
  assert.deepEqual((await supabase.ask(ann, 'parley_blocks?select=owner,blocked')).body, [
    { owner: ANN, blocked: 'x' },
  ]);
  const ben = await supabase.key('authenticated', BEN);
  assert.deepEqual((await supabase.ask(ann, 'parley_reports?select=reported')).body, [{ reported: BEN }]);
  assert.deepEqual((await supabase.ask(ben, 'parley_reports')).body, [], 'who is reported does not see it');
  const attempts = [
    ['GET', 'parley_blocks', undefined, [anon]],
    ['GET', 'parley_reports', undefined, [anon]],
    ['POST', 'parley_blocks', { owner: ANN, blocked: 'z' }, [ann, anon]],
    ['DELETE', `parley_blocks?owner=eq.${ANN}`, undefined, [ann, anon]],
    ['PATCH', `parley_blocks?owner=eq.${ANN}`, { blocked: 'z' }, [ann, anon]],
    ['POST', 'parley_reports', { reporter: ANN, reported: BEN, room_id: 'r', reason: 'x' }, [ann, anon]],
    ['POST', 'rpc/parley_block', { owner_id: BEN, other_id: 'z', blocked_at: '2026-01-01', most: 9 }, [ann, anon]],
    ['POST', 'rpc/parley_unblock', { owner_id: BEN, other_id: 'y' }, [ann, anon]],
    ['POST', 'rpc/parley_blocked_by', { owner_id: BEN }, [ann, anon]],
  ] as const;
  for (const [method, path, body, keys] of attempts) {
    for (const key of keys) {
      const { status } = await supabase.ask(key, path, { method, ...(body && { body }) });
      assert.ok(status === 401 || status === 403, `${method} ${path} answered ${status}`);
    }
  }
  assert.deepEqual(await store.blockedBy(BEN), ['y']);
});

test('row level security holds also where rights were given back by mistake', async () => {
  const store = await emptyStore();
  await store.block(BEN, 'y', 1_000);
  await supabase.sql('grant all on public.parley_blocks to authenticated');
  const ann = await supabase.key('authenticated', ANN);
  await supabase.ask(ann, `parley_blocks?owner=eq.${BEN}`, { method: 'DELETE' });
  assert.deepEqual((await supabase.ask(ann, 'parley_blocks')).body, []);
  const body = { owner: BEN, blocked: 'z' };
  assert.equal((await supabase.ask(ann, 'parley_blocks', { method: 'POST', body })).status, 403);
  assert.deepEqual(await store.blockedBy(BEN), ['y']);
  await supabase.sql('revoke insert, update, delete on public.parley_blocks from authenticated');
});

test('the policies find their rows by an index', async () => {
  const plan = (sql: string) => supabase.sql(`set enable_seqscan = off; explain ${sql}`);
  assert.match(await plan(`select * from public.parley_blocks where owner = 'x'`), /Index/);
  assert.match(await plan(`select * from public.parley_reports where reporter = 'x'`), /Index/);
});

test('a key that is none, and a server that is not there, are a store out of reach', async () => {
  for (const options of [
    { url: supabase.url, serviceKey: 'none' },
    { url: supabase.url, serviceKey: await supabase.key('anon') },
    { url: 'http://127.0.0.1:9', serviceKey: 'none' },
  ]) {
    const store = new SupabaseBlockStore({ ...options, logger: silentLogger });
    await assert.rejects(store.blockedBy('ann'), { code: 'store_unavailable' });
    await assert.rejects(store.block('ann', 'ben', 1), { code: 'store_unavailable' });
  }
});

test('a server that is given the project keeps its blocks and reports there', async (t) => {
  await emptyStore();
  const env = { SUPABASE_URL: supabase.url, SUPABASE_SERVICE_KEY: await supabase.key('service_role') };
  const server = await TestServer.start(t, { env });
  const ann = await server.connect(t);
  await ann.request('match:block', { userId: 'ben' });
  await ann.request('match:report', { userId: 'ben', roomId: 'match:1', reason: 'Was rude.' });
  assert.deepEqual(await ann.request('match:blocks', {}), { userIds: ['ben'] });
  const count =
    'select count(*) from public.parley_blocks join public.parley_reports on blocked = reported and owner = reporter';
  assert.equal(await supabase.sql(count), '1');
});

async function emptyStore(): Promise<SupabaseBlockStore> {
  await supabase.sql('truncate public.parley_blocks, public.parley_reports');
  const serviceKey = await supabase.key('service_role');
  // Hundreds at once are asked for, of one process on a machine that may be busy.
  return new SupabaseBlockStore({ url: supabase.url, serviceKey, logger: silentLogger, deadlineMs: 30_000 });
}
