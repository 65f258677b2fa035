import { deepEqual, equal, notEqual } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  expectMatrix,
  expectNames,
  expectTopology,
  type Person,
  pause,
  play,
  playApart,
  SFU_ONLY,
  until,
} from './harness/index.ts';

/** Chromium has no UDP of its own then: only TCP, outwards. */
const WITHOUT_UDP = ['--webrtc-ip-handling-policy=disable_non_proxied_udp'];

/** Prints how long it took until everyone heard everyone again, and what the SDK did for it. */
async function expectSoundBack(t: TestContext, what: string, people: readonly Person[]): Promise<void> {
  const begun = performance.now();
  await expectMatrix(people);
  t.diagnostic(`${what}: sound is back after ${Math.round(performance.now() - begun)} ms`);
  for (const person of people) {
    for (const line of await person.log()) if (/\b(ice|media)\b/.test(line)) t.diagnostic(`${person.name}: ${line}`);
  }
}

/** They are who they were, and nobody saw anyone leave or their room close. */
async function expectSamePeople(people: readonly Person[], before: readonly string[]): Promise<void> {
  deepEqual(await Promise.all(people.map((person) => person.id())), before);
  for (const person of people) {
    deepEqual(await person.eventsOf('participantLeft'), []);
    deepEqual(await person.eventsOf('closed'), []);
  }
}

async function expectProtocol(people: readonly Person[], protocol: 'udp' | 'tcp'): Promise<void> {
  await until(`media of everyone by ${protocol}`, async () => {
    const used = (await Promise.all(people.map((person) => person.wires()))).flat();
    const others = used.filter((wire) => wire.protocol !== protocol);
    return others.length === 0 ? null : JSON.stringify(others);
  });
}

const idsOf = (people: readonly Person[]) => Promise.all(people.map((person) => person.id()));

test('the way to the SFU is cut for some seconds and comes back by another port: the sound is back', (t) =>
  playApart({ signaling: SFU_ONLY }, async (scene, network) => {
    const people = await scene.join('nat', ['Ann', 'Ben']);
    await expectMatrix(people);
    await expectProtocol(people, 'udp');
    const before = await idsOf(people);
    network.udp.rebind();
    await pause(1_000);
    await expectSoundBack(t, 'another port', people);

    network.cut();
    await expectMatrix(people, () => false);
    await pause(6_000);
    network.udp.rebind();
    network.mend();
    await expectSoundBack(t, 'cut for 6 s, and another port', people);
    await expectSamePeople(people, before);
  }));

test('media and signaling are cut for 10 s, as by a lid that is closed: the sound is back', (t) =>
  playApart({ signaling: SFU_ONLY }, async (scene, network) => {
    const url = await network.urlOf(scene);
    const people = await Promise.all(['Ann', 'Ben'].map((name) => scene.person(name)));
    for (const person of people) await person.join(url, 'lid');
    await expectMatrix(people);
    const before = await idsOf(people);
    network.cut({ signaling: true });
    await pause(10_000);
    network.udp.rebind();
    network.mend();
    await expectSoundBack(t, 'all cut for 10 s', people);
    await expectSamePeople(people, before);
  }));

for (const kind of ['mesh', 'sfu'] as const) {
  test(`who was away for so long that they had left for the others is back by themselves (${kind})`, () => {
    const signaling = { RESUME_WINDOW_MS: 1_000, ...(kind === 'sfu' ? SFU_ONLY : {}) };
    return playApart({ signaling }, async (scene, network) => {
      const [ann, ben] = (await Promise.all(['Ann', 'Ben'].map((name) => scene.person(name)))) as [Person, Person];
      await ann.join(await network.urlOf(scene), 'away');
      await ben.join(scene.platform.url, 'away');
      // Who opens conversations has to hear that the other one has begun another.
      while ((await ann.id()) < (await ben.id())) {
        await ann.leave();
        await ann.join(await network.urlOf(scene), 'away');
      }
      await expectMatrix([ann, ben]);
      network.cutSignaling();
      await expectNames([ben], ['Ben']);
      network.mend();
      await expectNames([ann, ben], ['Ann', 'Ben']);
      await expectMatrix([ann, ben]);
      await expectTopology([ann, ben], kind);
      for (const { name, log } of [ann, ben]) {
        deepEqual(
          (await log()).filter((line) => line.includes('no_direct_path')),
          [],
          `${name} has not asked for the SFU`,
        );
      }
      equal(await ann.closedWith(), null);
    });
  });
}

test('whose room has ended meanwhile, and begun anew, is in the new one by themselves, as someone new', () =>
  playApart({ signaling: { RESUME_WINDOW_MS: 1_000 } }, async (scene, network) => {
    const [ann, ben] = (await Promise.all(['Ann', 'Ben'].map((name) => scene.person(name)))) as [Person, Person];
    await ann.join(await network.urlOf(scene), 'anew');
    await ann.setMuted(true);
    const before = await ann.id();
    network.cutSignaling();
    await scene.platform.expectMetrics('signaling', { parley_participants: 0 });
    await ben.join(scene.platform.url, 'anew');
    network.mend();
    await until('Ann is told', async () => ((await ann.eventsOf('rejoined')).length === 1 ? null : 'Not yet.'));
    notEqual(await ann.id(), before);
    await expectNames([ann, ben], ['Ann', 'Ben']);
    await expectMatrix([ann, ben], (_listener, speaker) => speaker === ben);
    await ann.setMuted(false);
    await expectMatrix([ann, ben]);
    equal(await ann.closedWith(), null);
  }));

test('browsers without UDP: a mesh cannot be had, and the SFU is reached by TCP', () =>
  play({ browserFlags: WITHOUT_UDP }, async (scene) => {
    const people = await scene.join('tcp', ['Ann', 'Ben']);
    await expectTopology(people, 'sfu');
    await expectMatrix(people);
    await expectProtocol(people, 'tcp');
  }));

test('UDP is blocked in the middle of a call: it goes on by TCP', (t) =>
  playApart({ signaling: SFU_ONLY }, async (scene, network) => {
    const people = await scene.join('blocked', ['Ann', 'Ben']);
    await expectMatrix(people);
    await expectProtocol(people, 'udp');
    const before = await idsOf(people);
    network.udp.isBlocked = true;
    await expectMatrix(people, () => false);
    await expectSoundBack(t, 'UDP blocked', people);
    await expectProtocol(people, 'tcp');
    await expectSamePeople(people, before);
  }));

test('a little is lost on the way to the SFU: speech repeats itself, and what was lost is heard all the same', () =>
  playApart({ signaling: SFU_ONLY }, async (scene, { udp }) => {
    const ann = await scene.person('Ann');
    const ben = await scene.person('Ben');
    await ann.join(scene.platform.url, 'loss', { pitch: 120 });
    await ben.join(scene.platform.url, 'loss', { voice: [] });
    udp.loss = { up: 0.04, down: 0 };
    await until('Opus made good what was lost', async () => {
      const { packetsReceived, fecPackets, fecDiscarded } = await ben.audioCounts();
      if (fecPackets - fecDiscarded >= 3) return null;
      return `Of ${packetsReceived} packets ${fecPackets} repeat others, ${fecDiscarded} of those for nothing.`;
    });
  }));
