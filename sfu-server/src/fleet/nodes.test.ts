import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { NodeAddress } from '@parley/shared/control';
import { FaultyLink } from '../../../scripts/faulty-link.mjs';
import { ControlLink } from '../testing/link.ts';
import { TestPeer } from '../testing/media.ts';
import { Person, ROOM, startNodes, talk } from '../testing/nodes.ts';
import type { SfuProcess } from '../testing/process.ts';
import { SECRET } from '../testing/sfu.ts';
import { until } from '../testing/until.ts';

/** Four people, two on each node, who all listen to each other. */
async function gather(t: TestContext, link: ControlLink, at: NodeAddress): Promise<Person[]> {
  const people = await Promise.all([
    Person.join(t, link, 'ann'),
    Person.join(t, link, 'ben'),
    Person.join(t, link, 'cleo', at),
    Person.join(t, link, 'dora', at),
  ]);
  await Promise.all(people.map((one) => one.listenTo(...people.filter((other) => other !== one))));
  return people;
}

/** What a node's metrics say of other nodes. */
async function spread(url: string): Promise<string[]> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return [...text.matchAll(/^parley_sfu_((?:edges|parts|links) .*)$/gm)].map(([, it]) => it ?? '');
}

const logged = (sfu: SfuProcess, message: string) => sfu.entries.filter((entry) => entry.message === message);

test('a room over two nodes: everybody hears everybody; mute and leaving reach the other node', async (t) => {
  const { home, edge, link, inspect } = await startNodes(t);
  const people = await gather(t, link, edge.at);
  await talk(people);
  const { branches, pipes } = await inspect();
  assert.deepEqual(
    branches.map(({ nodeId, peers, producers }) => [nodeId, peers, producers]),
    [
      ['home', 2, 2],
      ['edge', 2, 2],
    ],
  );
  const flows = new Set(pipes.map(({ from, to, producers }) => `${producers} from ${from.nodeId} to ${to.nodeId}`));
  assert.deepEqual(flows, new Set(['2 from home to edge', '2 from edge to home']));
  assert.deepEqual(await spread(home.at.url), ['edges 1', 'parts 0', 'links 1']);
  assert.deepEqual(await spread(edge.at.url), ['edges 0', 'parts 1', 'links 0']);
  const [ann, ben, cleo, dora] = people;
  assert.ok(ann && ben && cleo && dora);
  const { producerId } = cleo;
  await link.request('peer:pauseProducer', { ...cleo.peer.of, producerId, paused: true });
  await talk([ann, ben, dora]);
  for (const one of people) one.heard.length = 0;
  for (let i = 0; i < 10; i++) await cleo.say();
  await talk([ann, ben, dora], []);
  await link.request('peer:pauseProducer', { ...cleo.peer.of, producerId, paused: false });
  await talk(people);

  await link.request('peer:close', ann.peer.of);
  await link.request('peer:close', cleo.peer.of);
  await until('their pipes to be gone', async () => (await inspect()).pipes.every(({ producers }) => producers === 1));
  assert.deepEqual(await dora.peer.consume(ann.producerId, cleo.producerId), []);
  await talk([ben, dora]);
});

test('the other node is killed: its people are told of at once, the others talk on, and it is done without', async (t) => {
  const { edge, link, inspect } = await startNodes(t);
  const people = await gather(t, link, edge.at);
  await talk(people);
  const killedAt = performance.now();
  edge.sfu.child.kill('SIGKILL');
  const { peerIds } = await link.event('peer:lost');
  t.diagnostic(`told after ${Math.round(performance.now() - killedAt)} ms`);
  assert.deepEqual(peerIds.toSorted(), ['cleo', 'dora']);
  const [ann, ben] = people;
  assert.ok(ann && ben);
  await talk([ann, ben]);
  // Asked for that node still, the home takes them itself.
  const cleo = await Person.join(t, link, 'cleo', edge.at);
  await Promise.all([cleo.listenTo(ann, ben), ann.listenTo(cleo), ben.listenTo(cleo)]);
  await talk([ann, ben, cleo]);
  assert.deepEqual(
    (await inspect()).branches.map(({ nodeId, peers }) => [nodeId, peers]),
    [['home', 3]],
  );
  assert.deepEqual(
    link.events.filter(({ name }) => name === 'room:closed'),
    [],
  );
});

test('the home is killed: those on the other node talk on among themselves, until the lease is over', async (t) => {
  const { home, edge, link } = await startNodes(t, { ORPHAN_LEASE_MS: '3000' });
  const people = await gather(t, link, edge.at);
  await talk(people);
  home.sfu.child.kill('SIGKILL');
  await until('the link to be closed', () => logged(edge.sfu, 'fleet link closed').length > 0);
  await talk(people.slice(2));
  assert.deepEqual(logged(edge.sfu, 'edge closed'), []);
  const closed = await edge.sfu.logged('edge closed');
  assert.equal(closed.reason, 'lease');
  const toEdge = await ControlLink.open({ port: edge.port, secret: SECRET });
  t.after(() => toEdge.close());
  assert.equal((await toEdge.event('node:state')).peers, 0);
});

test('the link between the nodes is cut: the sound goes on, and what was asked meanwhile is so when it is back', async (t) => {
  const { edge, link, inspect } = await startNodes(t);
  const faulty = await FaultyLink.to(edge.port);
  t.after(() => faulty.close());
  const people = await gather(t, link, { ...edge.at, url: `http://127.0.0.1:${faulty.port}` });
  const [ann, ben, cleo, dora] = people;
  assert.ok(ann && ben && cleo && dora);
  await talk(people);
  faulty.cut();
  await until('the cut to be noticed', () => logged(edge.sfu, 'fleet link closed').length > 0);
  await talk(people);
  await link.request('peer:close', dora.peer.of);
  const { producerId } = cleo;
  const paused = link.request('peer:pauseProducer', { ...cleo.peer.of, producerId, paused: true });
  await talk([ann, ben, cleo]);
  faulty.mend();
  await paused;
  await until('dora to be gone', async () =>
    (await inspect()).branches.every(({ nodeId, peers }) => nodeId === 'home' || peers === 1),
  );
  await link.request('peer:pauseProducer', { ...cleo.peer.of, producerId, paused: false });
  await talk([ann, ben, cleo]);
  assert.deepEqual(
    link.events.filter(({ name }) => name === 'peer:lost' || name === 'room:closed'),
    [],
  );
});

test('a node that drains takes no edge: the home takes the peer itself; a room that is closed is gone everywhere', async (t) => {
  const { edge, link, inspect } = await startNodes(t);
  const toEdge = await ControlLink.open({ port: edge.port, secret: SECRET });
  t.after(() => toEdge.close());
  await Person.join(t, link, 'ann', edge.at);
  await toEdge.event('node:state', ({ peers }) => peers === 1);
  await link.request('room:close', { sfuRoomId: ROOM });
  await toEdge.event('node:state', ({ peers }) => peers === 0);
  assert.equal((await edge.sfu.logged('edge closed')).reason, 'asked');

  // Somebody is there, so it does not go at once.
  await toEdge.request('room:open', { sfuRoomId: 'other' });
  await TestPeer.open(toEdge, 'other', 'eve');
  await toEdge.request('node:drain', { deadlineMs: 60_000 });
  await link.request('room:open', { sfuRoomId: ROOM });
  await Person.join(t, link, 'ann', edge.at);
  assert.deepEqual(
    (await inspect()).branches.map(({ nodeId, peers }) => [nodeId, peers]),
    [['home', 1]],
  );
});
