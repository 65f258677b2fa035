import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_MATCH_SETTINGS } from './settings.ts';
import { Town } from './testing/town.ts';

const { confirmMs, staleMs, graceMs, recentMs } = DEFAULT_MATCH_SETTINGS;

test('two are matched, confirm, and get passes to one room that open it to them and to nobody else', async () => {
  const town = new Town();
  const [ann, ben, eve] = [town.person('ann'), town.person('ben'), town.person('eve')];
  assert.equal((await ann.queue()).state, 'waiting');
  assert.equal((await ben.queue()).state, 'found');
  await ann.confirm();
  await ben.confirm();
  const [toAnn, toBen] = [ann.last('match:ready'), ben.last('match:ready')];
  assert.equal(toAnn.roomId, toBen.roomId);
  assert.deepEqual([toAnn.partners, toBen.partners], [['ben'], ['ann']]);
  const { matching } = town.node('a');
  matching.letIn(ann.user, toAnn.roomId, toAnn.pass);
  matching.letIn(eve.user, 'lobby', undefined);
  for (const [user, pass] of [
    [eve.user, toAnn.pass],
    [eve.user, undefined],
    [ann.user, toBen.pass],
    [ann.user, 'x.y'],
  ] as const) {
    assert.throws(() => matching.letIn(user, toAnn.roomId, pass), { code: 'not_allowed' });
  }
  assert.throws(() => matching.letIn(ann.user, 'match:another', toAnn.pass), { code: 'not_allowed' });
  assert.deepEqual(town.counted, { matched: 2 });
});

test('people at different nodes are told by the bus', async () => {
  const town = new Town();
  const [ann, ben] = [town.person('ann', 'a'), town.person('ben', 'b')];
  await ann.queue();
  await ben.queue();
  await ann.confirm();
  await ben.confirm();
  assert.equal(ann.last('match:ready').roomId, ben.last('match:ready').roomId);
});

test('what the bus has lost is told by the next heartbeat', async () => {
  const town = new Town();
  const [ann, ben] = [town.person('ann', 'a'), town.person('ben', 'b')];
  town.busWorks = false;
  await ann.queue();
  await ben.queue();
  assert.deepEqual(ann.heard, []);
  await town.pass(4_000);
  await ben.confirm();
  await ann.confirm();
  await town.pass(4_000);
  assert.equal(ann.last('match:ready').roomId, ben.last('match:ready').roomId);
});

test('both look for another at once, and neither hangs', async () => {
  const town = new Town();
  const people = ['ann', 'ben', 'cat', 'dan'].map((name, index) => town.person(name, index % 2 ? 'a' : 'b'));
  const [ann, ben, cat, dan] = people;
  assert.ok(ann && ben && cat && dan);
  await Promise.all([ann.queue(), ben.queue()]);
  await Promise.all([ann.confirm(), ben.confirm()]);
  await Promise.all([ann.queue(), ben.queue()]);
  assert.equal(ann.heard.filter((name) => name === 'match:found').length, 1, 'not those two again');
  await Promise.all([cat.queue(), dan.queue()]);
  await Promise.all(people.map((person) => person.confirm()));
  const rooms = people.map((person) => person.last('match:ready').roomId);
  assert.equal(new Set(rooms).size, 2);
});

test('who confirms too late, or nothing, is told that the match is over', async () => {
  const town = new Town();
  const [ann, ben] = [town.person('ann'), town.person('ben')];
  await assert.rejects(ann.confirmMatch('nothing'), { code: 'match_expired' });
  await ann.queue();
  await ben.queue();
  await ann.confirm();
  await town.pass(confirmMs + 500);
  assert.deepEqual(ann.heard, ['match:found', 'match:requeued']);
  assert.deepEqual(ben.heard, ['match:found', 'match:closed']);
  await assert.rejects(ben.confirm(), { code: 'match_expired' });
  assert.equal(ann.last('match:requeued').ticketId, ann.ticketId);
  assert.deepEqual(town.counted, { requeued: 1, expired: 1, 'swept match': 1 });
});

test('a dropped connection keeps its place and comes back at another node', async () => {
  const town = new Town();
  const [ann, ben] = [town.person('ann', 'a'), town.person('ben', 'b')];
  const { since } = await ann.queue();
  await town.pass(1_000);
  ann.drop();
  await ben.queue();
  await town.pass(graceMs - 2_000);
  assert.deepEqual(ben.heard, [], 'nobody meets a ghost');
  ann.comeBack('b');
  assert.deepEqual(await ann.queueAgain(), { state: 'found', since });
  await ann.confirm();
  await ben.confirm();
  assert.deepEqual(ben.last('match:ready').partners, ['ann']);
});

test('a partner who is gone before the room is open is replaced at once', async () => {
  const town = new Town();
  const [ann, ben, cat] = [town.person('ann'), town.person('ben'), town.person('cat')];
  await ann.queue();
  await ben.queue();
  await ann.confirm();
  ben.drop();
  await cat.queue();
  assert.deepEqual(ann.heard, ['match:found', 'match:requeued', 'match:found']);
});

test('a connection that ends while it queues leaves no ghost', async () => {
  const town = new Town();
  const [ann, ben] = [town.person('ann'), town.person('ben')];
  const queueing = ann.queue();
  ann.drop();
  await queueing;
  assert.equal((await ben.queue()).state, 'waiting');
});

test('tickets of a node that died are swept by another one', async () => {
  const town = new Town();
  const [ann, ben] = [town.person('ann', 'a'), town.person('ben', 'b')];
  await ann.queue({ region: 'eu', widen: 'none' });
  await ben.queue({ region: 'us', widen: 'none' });
  town.kill('a');
  await town.pass(staleMs + 1_000);
  assert.deepEqual(town.counted, { 'swept ticket': 1 });
  assert.equal(town.node('b').matching.upkeep.tickets, 1);
});

test('a match of which one node died ends, and who is left waits on with the old time', async () => {
  const town = new Town();
  const [ann, ben] = [town.person('ann', 'a'), town.person('ben', 'b')];
  const { since } = await ben.queue();
  await town.pass(100);
  await ann.queue();
  await ben.confirm();
  town.kill('a');
  await town.pass(confirmMs + 1_000);
  assert.deepEqual(ben.heard, ['match:found', 'match:requeued']);
  assert.equal((await ben.queueAgain()).since, since);
});

test('a store that has lost everything is filled again with the old times, and they are matched', async () => {
  const town = new Town();
  const [ann, ben] = [town.person('ann', 'a'), town.person('ben', 'b')];
  const { since } = await ann.queue();
  await town.pass(2_000);
  town.flush();
  await ben.queue();
  assert.deepEqual(ben.heard, []);
  await town.pass(4_000);
  assert.deepEqual([ann.heard, ben.heard], [['match:found'], ['match:found']]);
  assert.equal((await ann.queueAgain()).since, since);
});

test('while the store is away nobody is lost, and what is asked is refused', async () => {
  const town = new Town();
  const [ann, ben] = [town.person('ann'), town.person('ben')];
  const { since } = await ann.queue();
  town.storeWorks = false;
  await assert.rejects(ben.queue(), { code: 'store_unavailable' });
  await assert.rejects(ann.queueAgain(), { code: 'store_unavailable' });
  await town.pass(60_000);
  town.storeWorks = true;
  await town.node('a').matching.upkeep.handleStoreUp();
  await ben.queue();
  await town.pass(1_000);
  assert.equal(ann.last('match:found').matchId, ben.last('match:found').matchId);
  assert.equal((await ann.queueAgain()).since, since);
  assert.deepEqual(town.counted, {}, 'nobody was swept for being out of reach');
});

test('a user’s newer connection replaces the ticket of the older one, at whichever node', async () => {
  const town = new Town();
  const [old, young] = [town.person('ann', 'a'), town.person('ann', 'b')];
  await old.queue();
  assert.equal((await young.queue()).state, 'waiting');
  assert.equal(old.last('match:closed').code, 'replaced');
  old.drop();
  await town.person('ben').queue();
  assert.deepEqual(young.heard, ['match:found']);
});

test('another mode is another ticket, and the first is given up', async () => {
  const town = new Town();
  const [ann, ben] = [town.person('ann'), town.person('ben')];
  await ann.queue({ mode: 'talk' });
  await ann.queue({ mode: 'play' });
  assert.equal((await ben.queue({ mode: 'talk' })).state, 'waiting');
  assert.equal((await town.person('cat').queue({ mode: 'play' })).state, 'found');
});

test('who asks again for a room they missed the news of is told it', async () => {
  const town = new Town();
  const [ann, ben] = [town.person('ann'), town.person('ben')];
  await ann.queue();
  await ben.queue();
  await ben.confirm();
  await ann.confirm();
  ann.drop();
  ann.comeBack('b');
  assert.equal((await ann.queueAgain()).state, 'ready');
  assert.equal(ann.last('match:ready').roomId, ben.last('match:ready').roomId);
});

test('a block holds for both, for those who wait and for those who come', async () => {
  const town = new Town();
  const [ann, ben, cat] = [town.person('ann'), town.person('ben', 'b'), town.person('cat', 'b')];
  await ann.queue();
  await ann.block('ben');
  assert.equal((await ben.queue()).state, 'waiting');
  await ann.cancel();
  await ann.queue();
  await town.pass(30_000);
  assert.deepEqual([ann.heard, ben.heard], [[], []]);
  await cat.block('ann');
  await cat.queue();
  assert.deepEqual([ann.heard, ben.heard], [[], ['match:found']]);
  await assert.rejects(ann.block('ann'), { code: 'conflict' });
});

test('those who met do not meet again until they may have forgotten', async () => {
  const town = new Town();
  const [ann, ben] = [town.person('ann'), town.person('ben')];
  await ann.queue();
  await ben.queue();
  await ann.confirm();
  await ben.confirm();
  await ben.queue();
  await ann.queue();
  await town.pass(recentMs - 1_000);
  assert.equal(ann.heard.filter((name) => name === 'match:found').length, 1);
  await town.pass(61_000);
  assert.equal(ann.heard.filter((name) => name === 'match:found').length, 2);
});

test('a token that may not join, or joins one room only, is not matched', async () => {
  const town = new Town();
  const { grants } = town.person('x').user;
  await assert.rejects(town.person('ann', 'a', { grants: { ...grants, join: false } }).queue(), {
    code: 'not_allowed',
  });
  await assert.rejects(town.person('ben', 'a', { room: 'lobby' }).queue(), { code: 'not_allowed' });
});

test('a node that closes parks its tickets: their clients take up their places elsewhere', async () => {
  const town = new Town();
  const [ann, ben] = [town.person('ann', 'a'), town.person('ben', 'b')];
  const { since } = await ann.queue();
  await town.pass(500);
  await town.node('a').matching.close();
  assert.equal((await ben.queue()).state, 'waiting');
  ann.comeBack('b');
  assert.deepEqual(await ann.queueAgain(), { state: 'found', since });
});

test('a report is kept with who, whom, where, why and when', async () => {
  const town = new Town();
  await town.node('a').matching.report({ from: 'ann', about: 'ben', roomId: 'match:1', reason: 'rude' });
  assert.deepEqual(await town.blocks.reports(5), [
    { from: 'ann', about: 'ben', roomId: 'match:1', reason: 'rude', at: town.clock.now() },
  ]);
});
