import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RequestInput } from '@parley/shared/protocol';
import type { TestClient } from '../testing/client.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

const WISHES = {
  mode: 'talk',
  size: 2,
  language: null,
  region: null,
  attributes: {},
  filters: {},
  widen: 'none',
} as const;
let tickets = 0;

const wish = (some: Partial<RequestInput<'match:enqueue'>> = {}) => ({
  ticketId: `ticket-${tickets++}`,
  ...WISHES,
  ...some,
});
const joinOf = (roomId: string, pass?: string) => ({
  ...{ roomId, name: 'Ann', muted: false, deafened: false, joinId: `join-id-${tickets++}` },
  ...(pass === undefined ? {} : { pass }),
});

/** Two who are matched, each with what opens their room. */
async function matched(t: TestContext, server: TestServer) {
  const [ann, ben] = [await server.connect(t), await server.connect(t)];
  const confirm = async (client: TestClient) => {
    const { matchId } = await client.hearsMatch('match:found');
    await client.request('match:confirm', { matchId });
    return client.hearsMatch('match:ready');
  };
  await ann.request('match:enqueue', wish());
  await ben.request('match:enqueue', wish());
  const [toAnn, toBen] = await Promise.all([confirm(ann), confirm(ben)]);
  return { ann, ben, toAnn, toBen };
}

test('two who queue meet in a room of their own', async (t) => {
  const server = await TestServer.start(t);
  const { ann, ben, toAnn, toBen } = await matched(t, server);
  assert.match(toAnn.roomId, /^match:.{8}/);
  assert.equal(toAnn.roomId, toBen.roomId);
  await ann.request('room:join', joinOf(toAnn.roomId, toAnn.pass));
  const { snapshot } = await ben.request('room:join', joinOf(toBen.roomId, toBen.pass));
  assert.deepEqual(
    new Set(snapshot.participants.map(({ userId }) => userId)),
    new Set([...toAnn.partners, ...toBen.partners]),
  );
  assert.equal(await server.metric('parley_match_outcomes_total{outcome="matched"}'), 2);
});

test('a stranger never gets into the room of a match, nor makes one', async (t) => {
  const server = await TestServer.start(t);
  const { ann, toAnn, toBen } = await matched(t, server);
  const eve = await server.connect(t);
  for (const [room, pass] of [
    [toAnn.roomId, undefined],
    [toAnn.roomId, toAnn.pass],
    [` ${toAnn.roomId}`, undefined],
    ['match:mine', undefined],
    ['match:', undefined],
    ['match:mine', toAnn.pass],
  ] as const) {
    assert.equal(await eve.refusal('room:join', joinOf(room, pass)), 'not_allowed', room);
  }
  assert.equal(await ann.refusal('room:join', joinOf('match:mine', toAnn.pass)), 'not_allowed');
  assert.equal(await ann.refusal('room:join', joinOf(toBen.roomId, toBen.pass)), 'not_allowed', 'the pass of another');
  await ann.request('room:join', joinOf(toAnn.roomId, toAnn.pass));
  assert.equal(await server.store.count(), 1);
});

test('a partner whose connection is cut while they are about to meet is no ghost', async (t) => {
  const server = await TestServer.start(t);
  const [ann, ben, cat] = [await server.connect(t), await server.connect(t), await server.connect(t)];
  await ann.request('match:enqueue', wish());
  await ben.request('match:enqueue', wish());
  const { matchId } = await ann.hearsMatch('match:found');
  await ann.request('match:confirm', { matchId });
  ben.cut();
  await ann.hearsMatch('match:requeued');
  assert.equal((await cat.request('match:enqueue', wish())).state, 'found');
  await ann.hearsMatch('match:found', 2);
  assert.equal(await ann.refusal('match:confirm', { matchId }), 'match_expired');
});

test('who cancels is matched with nobody; to cancel what is not there does no harm', async (t) => {
  const server = await TestServer.start(t);
  const [ann, ben] = [await server.connect(t), await server.connect(t)];
  const ticket = wish();
  await ann.request('match:enqueue', ticket);
  await ann.request('match:cancel', { ticketId: ticket.ticketId });
  await ann.request('match:cancel', { ticketId: 'never-was' });
  assert.equal((await ben.request('match:enqueue', wish())).state, 'waiting');
  await until('one ticket', async () => (await server.metric('parley_match_tickets')) === 1);
});

test('blocks are listed, hold, and can be taken back; reports are taken', async (t) => {
  const server = await TestServer.start(t);
  const { ann, toAnn } = await matched(t, server);
  const [partner = ''] = toAnn.partners;
  await ann.request('match:block', { userId: partner });
  assert.deepEqual(await ann.request('match:blocks', {}), { userIds: [partner] });
  await ann.request('match:report', { userId: partner, roomId: toAnn.roomId, reason: 'Was rude.' });
  await ann.request('match:unblock', { userId: partner });
  assert.deepEqual(await ann.request('match:blocks', {}), { userIds: [] });
});
