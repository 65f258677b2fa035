import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { NodeAddress } from '@parley/shared/control';
import { csrcOf } from '@parley/shared/media';
import { FaultyLink } from '../../../scripts/faulty-link.mjs';
import { ControlLink } from '../testing/link.ts';
import { opusRtp, PAYLOAD_TYPE, TestPeer } from '../testing/media.ts';
import { SfuProcess } from '../testing/process.ts';
import { SECRET } from '../testing/sfu.ts';
import { until } from '../testing/until.ts';
import { joinMedia, type MediaClient } from '../testing/werift.ts';

const ROOM = 'lobby#1';
const FRAME = 960;
let nextSsrc = 5_000;

/** A participant with real media. */
class Person {
  readonly peer: TestPeer;
  readonly #send: MediaClient;
  readonly #ssrc: number;
  readonly producerId: string;
  /** What was said by whom, as it was heard, */
  readonly heard: string[] = [];
  /** and the CSRC it was heard with; 0: none. */
  readonly csrcs: number[] = [];
  #sent = 0;

  private constructor(peer: TestPeer, media: { send: MediaClient; receive: MediaClient }, ssrc: number, id: string) {
    this.peer = peer;
    this.#send = media.send;
    this.#ssrc = ssrc;
    this.producerId = id;
    media.receive.onRtp(({ header, payload }) => {
      this.heard.push(payload.toString());
      this.csrcs.push(header.csrc[0] ?? 0);
    });
  }

  static async join(t: TestContext, link: ControlLink, peerId: string, at?: NodeAddress): Promise<Person> {
    const peer = await TestPeer.open(link, ROOM, peerId, at);
    const media = await joinMedia(peer);
    t.after(() => Promise.all([media.send.vanish(), media.receive.vanish()]));
    const ssrc = nextSsrc++;
    return new Person(peer, media, ssrc, await peer.produce(opusRtp(ssrc)));
  }

  get id(): string {
    return this.peer.peerId;
  }

  async say(): Promise<void> {
    const n = this.#sent++;
    const header = { payloadType: PAYLOAD_TYPE, ssrc: this.#ssrc, sequenceNumber: 1_000 + n, timestamp: FRAME * n };
    await this.#send.sendRtp(header, Buffer.from(this.id));
  }

  async listenTo(...others: Person[]): Promise<void> {
    const consumers = await this.peer.consume(...others.map(({ producerId }) => producerId));
    assert.deepEqual(
      consumers.map(({ participantId }) => participantId),
      others.map(({ id }) => id),
    );
    await this.peer.resume(...consumers.map(({ consumerId }) => consumerId));
  }

  async listenToSlots(slots: string[]): Promise<void> {
    const consumers = await this.peer.consume(...slots);
    assert.deepEqual(
      consumers.map(({ participantId }) => participantId),
      slots.map(() => null),
    );
    await this.peer.resume(...consumers.map(({ consumerId }) => consumerId));
  }
}

/** All speak until each of `listeners` has heard each of the others anew. */
async function talk(people: readonly Person[], listeners: readonly Person[] = people): Promise<void> {
  for (const { heard, csrcs } of listeners) heard.length = csrcs.length = 0;
  await until('everybody to hear everybody', async () => {
    for (const person of people) await person.say();
    return listeners.every((one) =>
      people.every(({ id }) => id === one.id || one.heard.filter((it) => it === id).length > 3),
    );
  });
}

async function startNode(t: TestContext, nodeId: string, env: Record<string, string> = {}) {
  const sfu = new SfuProcess(t, { NODE_ID: nodeId, WORKERS: '1', ...env });
  const port = await sfu.port();
  return { sfu, port, at: { nodeId, url: `http://127.0.0.1:${port}` } };
}

/** A home and another node, as processes of their own, and signaling's link to the home. */
async function startNodes(t: TestContext, env: Record<string, string> = {}) {
  const [home, edge] = await Promise.all([startNode(t, 'home', env), startNode(t, 'edge', env)]);
  const link = await ControlLink.open({ port: home.port, secret: SECRET });
  t.after(() => link.close());
  await link.request('room:open', { sfuRoomId: ROOM });
  const inspect = () => link.request('room:inspect', { sfuRoomId: ROOM });
  return { home, edge, link, inspect };
}

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

test('by slots over two nodes: a voice of either node is heard on both, with its CSRC, and nobody hears himself', async (t) => {
  const { edge, link, inspect } = await startNodes(t, { SPEAKER_SLOTS: '2', SPEAKER_SLOTS_CALM_MS: '0' });
  const ann = await Person.join(t, link, 'ann');
  const cleo = await Person.join(t, link, 'cleo', edge.at);
  // Two slots are for two microphones: these two listen only.
  const [eve, zoe] = [await Person.join(t, link, 'eve'), await Person.join(t, link, 'zoe', edge.at)];
  const { forwarding } = await link.event('room:forwarding', ({ forwarding: { slots } }) => slots.length > 0);
  const people = [ann, cleo, eve, zoe];
  for (const one of people) await one.listenToSlots(forwarding.slots);
  for (const { peer, producerId } of [eve, zoe]) {
    await link.request('peer:pauseProducer', { ...peer.of, producerId, paused: true });
  }
  const speakers = [ann, cleo];
  await talk(speakers, people);
  // It may take a moment until a speaker's own slot is withheld from him.
  await until('nobody to be sent himself', async () => {
    await talk(speakers, people);
    return speakers.every(({ id, heard }) => !heard.includes(id));
  });
  for (const { heard, csrcs } of people) assert.deepEqual(csrcs, heard.map(csrcOf));
  const { slots } = await inspect();
  assert.deepEqual(slots.map(({ peerId }) => peerId).toSorted(), ['ann', 'cleo']);
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
