import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { silentLogger } from '@parley/shared/runtime';
import type { CloseReason } from '../types.ts';
import type { MatchSessionOptions } from './match.ts';
import { MatchSearch, type MatchSearchOptions } from './search.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A search of which the code comes when the test says so. */
function setUp() {
  const asked: string[] = [];
  const heard: string[] = [];
  const { promise, resolve, reject } =
    Promise.withResolvers<Awaited<ReturnType<NonNullable<MatchSearchOptions['load']>>>>();
  const connection = {
    connected: true,
    open: async () => {},
    on: () => () => {},
    tell: (name: string) => void asked.push(name),
    request: async (name: string) => {
      asked.push(name);
      return { state: 'waiting', since: 0 };
    },
  } as unknown as MatchSessionOptions['connection'];
  const search = new MatchSearch({
    connection,
    options: {},
    join: async () => assert.fail('nobody was found'),
    onClosed: () => heard.push('gone'),
    log: silentLogger,
    load: () => promise,
  });
  search.on('waiting', () => heard.push('waiting'));
  search.on('closed', ({ code }: CloseReason) => heard.push(`closed ${code}`));
  const load = async () => {
    resolve(await import('./match.ts'));
    await settle();
  };
  return { search, asked, heard, load, reject };
}

test('it waits until its code is there, and what was asked of it meanwhile is done then', async () => {
  const { search, asked, heard, load } = setUp();
  const blocked = search.block('mallory');
  assert.deepEqual([search.state, search.room, search.partners], ['waiting', null, []]);
  await settle();
  assert.deepEqual(asked, []);
  await load();
  await blocked;
  assert.deepEqual(heard, ['waiting']);
  assert.deepEqual(new Set(asked), new Set(['match:block', 'match:enqueue']));
  await search.cancel();
  assert.equal(search.state, 'closed');
  assert.deepEqual(heard, ['waiting', 'gone', 'closed left']);
});

test('cancelled before its code is there, it never begins', async () => {
  const { search, asked, heard, load } = setUp();
  await search.cancel();
  await search.cancel();
  await load();
  assert.deepEqual([search.state, heard, asked], ['closed', ['gone', 'closed left'], []]);
  await assert.rejects(search.next(), { code: 'conflict' });
});

test('it ends when its code cannot be had', async () => {
  const { search, heard, reject } = setUp();
  reject(new ParleyError('connection_lost'));
  await settle();
  assert.deepEqual([search.state, heard], ['closed', ['gone', 'closed connection_lost']]);
});
