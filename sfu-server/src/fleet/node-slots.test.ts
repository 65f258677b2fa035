import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { csrcOf } from '@parley/shared/media';
import { Person, ROOM, startNodes, talk } from '../testing/nodes.ts';
import { everyFrame } from '../testing/talk.ts';
import { until } from '../testing/until.ts';

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

/** Three who speak, of whom one is at the edge, in two slots, and who listens at either node. */
async function discuss(t: TestContext) {
  const nodes = await startNodes(t, { SPEAKER_SLOTS: '2', SPEAKER_SLOTS_CALM_MS: '0' });
  const { edge, link } = nodes;
  const [ann, ben, eve] = await Promise.all(['ann', 'ben', 'eve'].map((id) => Person.join(t, link, id)));
  const [cleo, zoe] = await Promise.all(['cleo', 'zoe'].map((id) => Person.join(t, link, id, edge.at)));
  assert.ok(ann && ben && eve && cleo && zoe);
  for (const { peer, producerId } of [eve, zoe]) {
    await link.request('peer:pauseProducer', { ...peer.of, producerId, paused: true });
  }
  const { forwarding } = await link.event('room:forwarding', ({ forwarding: { slots } }) => slots.length > 0);
  const speakers = [ann, ben, cleo];
  everyFrame(t, () => {
    for (const one of speakers) void one.say();
  });
  for (const one of [...speakers, eve, zoe]) await one.listenToSlots(forwarding.slots);
  /** Waits until the latest that somebody has heard is from these. */
  const hears = (listener: Person, ...ids: string[]) =>
    until(`${listener.id} to hear ${ids.join(' and ')}`, () => {
      const lately = new Set(listener.heard.slice(-30));
      return listener.heard.length >= 30 && lately.size === ids.length && ids.every((id) => lately.has(id));
    });
  return { ...nodes, ann, ben, cleo, eve, zoe, hears };
}

test('by slots over two nodes: whoever is loudest at the edge gets the floor at home, and loses it', async (t) => {
  const { ann, ben, cleo, eve, zoe, hears } = await discuss(t);
  Object.assign(ann, { dBov: -20 });
  Object.assign(ben, { dBov: -40 });
  Object.assign(cleo, { dBov: -100 });
  await Promise.all([eve, zoe].map((one) => hears(one, 'ann', 'ben')));
  cleo.dBov = -5;
  await Promise.all([eve, zoe].map((one) => hears(one, 'ann', 'cleo')));
  await Promise.all([hears(ann, 'cleo'), hears(cleo, 'ann'), hears(ben, 'ann', 'cleo')]);
  cleo.dBov = -100;
  ben.dBov = -10;
  await Promise.all([eve, zoe, cleo].map((one) => hears(one, 'ann', 'ben')));
  for (const { id, heard, csrcs } of [ann, ben, cleo, eve, zoe]) {
    assert.deepEqual(csrcs, heard.map(csrcOf), 'who is named is who is heard');
    assert.ok(!heard.includes(id), `${id} never hears ${id}`);
  }
});

test('by slots over two nodes: who is pinned at the edge has the floor, however quiet, until that is over', async (t) => {
  const { link, ann, ben, cleo, eve, zoe, hears } = await discuss(t);
  Object.assign(ann, { dBov: -20 });
  Object.assign(ben, { dBov: -40 });
  Object.assign(cleo, { dBov: -100 });
  await Promise.all([eve, zoe].map((one) => hears(one, 'ann', 'ben')));
  await link.request('room:pin', { sfuRoomId: ROOM, peerIds: ['cleo'] });
  await Promise.all([eve, zoe].map((one) => hears(one, 'ann', 'cleo')));
  await link.request('room:pin', { sfuRoomId: ROOM, peerIds: [] });
  await Promise.all([eve, zoe, cleo].map((one) => hears(one, 'ann', 'ben')));
  assert.ok(!cleo.heard.includes('cleo'));
});
