import { fail, ok } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createAccessToken } from '@parley/voice-sdk/server';
import type { Page } from 'playwright-core';
import {
  expectMatrix,
  expectTopology,
  hear,
  Person,
  pause,
  play,
  playFleet,
  SFU_ONLY,
  type SilenceReading,
  SilenceWatch,
  until,
} from './harness/index.ts';

const apiSecret = 'an-API-secret-for-the-tests-of-32-bytes-and-more';
const API_KEYS = `key:${apiSecret}`;
/** 10 dB softer than full, which no hysteresis takes for as loud; heard all the same where it is forwarded. */
const QUIET = 0.3;
/** Far more than a move between microphones and slots is to take; it is meant to take none. */
const NEVER_THIS_SILENT_MS = 500;

interface Report {
  readonly durationMs: number;
  readonly silenceMs: number;
}
type Eight = [Person, Person, Person, Person, Person, Person, Person, Person];

/** Nobody was interrupted, but by a machine that could not keep up. */
function expectNoSilence(t: TestContext, move: string, { longestMs, lagMs }: SilenceReading): void {
  const late = lagMs > 50 ? ` (the machine was ${lagMs.toFixed(0)} ms late)` : '';
  t.diagnostic(`${move}: longest silence ${longestMs.toFixed(1)} ms${late}`);
  ok(longestMs < NEVER_THIS_SILENT_MS + lagMs, `${move}: ${longestMs} ms of silence`);
}

/** Comes in with this voice, and says nothing before it has it. */
async function enter(
  person: Person,
  { platform }: { readonly platform: { readonly url: string } },
  room: string,
  level: number,
  token?: string,
): Promise<void> {
  await person.join(platform.url, room, { muted: true, ...(token ? { token } : {}) });
  await person.setVoiceLevel(level);
  await person.setMuted(false);
}

/** Waits until `viewer` sees exactly these, of the others, talk. */
async function expectRings(viewer: Person, speakers: readonly Person[]): Promise<void> {
  const wanted = speakers.map(({ name }) => name).filter((name) => name !== viewer.name);
  await until(`${viewer.name} sees ${wanted.join(', ')} talk`, async () => {
    const { participants, selfId } = await viewer.view();
    const talking = participants.filter(({ id, speaking }) => speaking && id !== selfId).map(({ name }) => name);
    return talking.toSorted().join() === wanted.toSorted().join() ? null : `It is ${talking.join(', ')}.`;
  });
}

/** Waits until those who are received are those who have a slot, by the figures of `listener`. */
async function expectReceived(listener: Person, speakers: readonly Person[]): Promise<void> {
  const ids = await Promise.all(speakers.filter((speaker) => speaker !== listener).map((speaker) => speaker.id()));
  await until(`${listener.name} receives ${ids.length}`, async () => {
    const { participants } = await listener.stats();
    const received = participants.filter(([, figures]) => (figures as { bitrate: number | null }).bitrate !== null);
    return received
      .map(([id]) => id)
      .toSorted()
      .join() === ids.toSorted().join()
      ? null
      : JSON.stringify(participants);
  });
}

test('8 people on two workers talk through 3 slots: the loudest are heard, whoever holds them, and volumes and pins follow the voice', () =>
  play(
    { signaling: { ...SFU_ONLY, API_KEYS }, sfuServer: { SPEAKER_SLOTS: 3, WORKERS: 2, WORKER_PEERS_MAX: 4 } },
    async (scene) => {
      const names = ['Ann', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gus', 'Hal'];
      // Two share a tab.
      const pages = await Promise.all([0, 1, 2, 3].map(() => scene.openPage()));
      const people = await Promise.all(names.map((name, i) => scene.person(name, { page: pages[i >> 1] as Page })));
      const [ann, ben, cleo, dan, eve, finn, gus, hal] = people as Eight;
      const token = createAccessToken({ apiKey: 'key', apiSecret, userId: 'ann', grants: { moderate: true } });
      await enter(ann, scene, 'slots', 1, token);
      for (const person of [ben, cleo]) await enter(person, scene, 'slots', 1);
      await expectMatrix([ann, ben, cleo]);
      for (const person of [dan, eve, finn, gus, hal]) await enter(person, scene, 'slots', QUIET);
      const expectHeard = (...speakers: Person[]) =>
        expectMatrix(people, (_listener, speaker) => speakers.includes(speaker));

      await expectHeard(ann, ben, cleo);
      await expectTopology(people, 'sfu');
      await scene.platform.expectMetrics('sfu-server', { parley_sfu_rooms: 1, parley_sfu_routers: 2 });
      await expectRings(dan, [ann, ben, cleo]);
      await expectRings(ann, [ann, ben, cleo]);
      await expectReceived(dan, [ann, ben, cleo]);

      // When one of the three mutes, another takes the slot: the loudest of the others.
      await eve.setVoiceLevel(2 * QUIET);
      await pause(1_000);
      await ben.setMuted(true);
      await expectHeard(ann, cleo, eve);
      await expectReceived(dan, [ann, cleo, eve]);

      // Volume 0 silences that person, for that listener, in whichever slot they are.
      const expectHeardButEveByAnn = (...speakers: Person[]) =>
        expectMatrix(
          people,
          (listener, speaker) => speakers.includes(speaker) && !(listener === ann && speaker === eve),
        );
      await ann.setVolume(eve, 0);
      await expectHeardButEveByAnn(ann, cleo, eve);
      await finn.setVoiceLevel(1);
      await eve.setMuted(true);
      await expectHeardButEveByAnn(ann, cleo, finn);
      await eve.setVoiceLevel(1);
      await cleo.setMuted(true);
      await eve.setMuted(false);
      await expectHeardButEveByAnn(ann, finn, eve);
      await ann.setVolume(eve, 1);
      await expectHeard(ann, finn, eve);

      await ann.setDeafened(true);
      await expectMatrix(people, (listener, speaker) => listener !== ann && [finn, eve, ann].includes(speaker));
      await ann.setDeafened(false);
      await expectHeard(ann, finn, eve);

      await ann.moderate('pin', hal);
      await until('everyone hears Hal, who is pinned', async () => {
        const deaf = [...(await hear(people))].filter(([listener, heard]) => listener !== hal && !heard.has(hal));
        return deaf.length > 0 ? `Not ${deaf.map(([{ name }]) => name).join(', ')}.` : null;
      });
      for (const viewer of [ann, gus]) {
        await until(`${viewer.name} sees that Hal is pinned`, async () => {
          const pinned = (await viewer.view()).participants.filter((one) => one.pinned).map(({ name }) => name);
          return pinned.join() === 'Hal' ? null : `It is ${pinned.join(', ')}.`;
        });
      }
      await ann.moderate('unpin', hal);
      await expectHeard(ann, finn, eve);
      await ann.moderate('mute', eve);
      await until('nobody hears Eve, who was silenced', async () => {
        const heard = [...(await hear(people))].filter(([, all]) => all.has(eve));
        return heard.length > 0 ? `${heard.map(([{ name }]) => name).join(', ')} hear her.` : null;
      });
    },
  ));

test('from microphones to slots and back nobody who talks is interrupted', (t) =>
  play({ signaling: SFU_ONLY, sfuServer: { SPEAKER_SLOTS: 4, SPEAKER_SLOTS_CALM_MS: 1_000 } }, async (scene) => {
    const four = await Promise.all(['Ann', 'Ben', 'Cleo', 'Dan'].map((name) => scene.person(name, { chord: true })));
    const [ann, ben, cleo, dan] = four as [Person, Person, Person, Person];
    // Apart from the partials of all chords, as they are from one another.
    const eve = new Person('Eve', await scene.openPage(), [3_800]);
    const people = [...four, eve];
    for (const person of four) await enter(person, scene, 'change', 1);
    await expectMatrix(four);

    const watch = await SilenceWatch.begin(four);
    await enter(eve, scene, 'change', QUIET);
    await expectMatrix(people, (_listener, speaker) => speaker !== eve);
    await pause(3_000);
    const toSlots = await watch.read();

    const rest = await SilenceWatch.begin(people, [ann, ben]);
    for (const person of [cleo, dan, eve]) await person.setMuted(true);
    await until('the SFU forwards microphones again', () =>
      scene.platform.log.includes('room forwards directly') ? null : 'It does not.',
    );
    await pause(4_000);
    const toDirect = await rest.read();
    await eve.setMuted(false);
    await expectMatrix(people, (_listener, speaker) => [ann, ben, eve].includes(speaker));
    expectNoSilence(t, 'to slots', toSlots);
    expectNoSilence(t, 'back to microphones', toDirect);
  }));

test('a call that moves from the mesh straight into slots is not interrupted, and waits for nobody who is not among the loudest', (t) =>
  play({ signaling: { MESH_MAX_PEERS: 4, MESH_RETURN_PEERS: 0 }, sfuServer: { SPEAKER_SLOTS: 3 } }, async (scene) => {
    const four = await Promise.all(['Ann', 'Ben', 'Cleo', 'Dan'].map((name) => scene.person(name, { chord: true })));
    const dan = four[3] as Person;
    const loud = four.slice(0, 3);
    for (const person of loud) await enter(person, scene, 'promotion', 1);
    await enter(dan, scene, 'promotion', QUIET);
    await expectMatrix(four);
    await expectTopology(four, 'mesh');

    const watch = await SilenceWatch.begin(loud);
    const eve = scene.silentPerson('Eve', await scene.openPage());
    await eve.join(scene.platform.url, 'promotion', { muted: true });
    await expectTopology([...four, eve], 'sfu');
    await expectMatrix(four, (_listener, speaker) => speaker !== dan);
    expectNoSilence(t, 'into slots', await watch.read());
    const reports = await Promise.all(
      four.map(async (person) => (await person.eventsOf('handover')).flatMap(({ data }) => data as Report[])),
    );
    t.diagnostic(
      `handovers of ${reports
        .flat()
        .map(({ durationMs, silenceMs }) => `${durationMs} ms (silence ${silenceMs} ms)`)
        .join(', ')}`,
    );
  }));

test('whoever was on a worker that is killed hears the slots of the room again, and nothing else', (t) =>
  playFleet(
    { sfus: 1, signaling: SFU_ONLY, sfuServer: { SPEAKER_SLOTS: 3, WORKERS: 2, WORKER_PEERS_MAX: 2 } },
    async (scene) => {
      const four = await Promise.all(['Ann', 'Ben', 'Cleo', 'Dan'].map((name) => scene.person(name, { chord: true })));
      const dan = four[3] as Person;
      for (const person of four) await enter(person, scene, 'killed', person === dan ? QUIET : 1);
      const expectLoud = () => expectMatrix(four, (_listener, speaker) => speaker !== dan);
      await expectLoud();
      const { node, room, worker: home } = scene.platform.home;
      const other = node.workers.find((pid) => pid !== home) ?? fail('there is one worker');
      const begun = performance.now();
      process.kill(other, 'SIGKILL');
      await node.expectMetrics({ parley_sfu_worker_deaths_total: 1, parley_sfu_peers: 4 });
      await expectLoud();
      t.diagnostic(`all heard again, by the listeners, after ${(performance.now() - begun).toFixed(0)} ms`);
      ok(node.rooms.includes(room), 'the room is the same');
    },
  ));

test('an SFU node that is stopped hands a call with slots over to the slots of another', (t) =>
  playFleet({ sfus: 2, signaling: SFU_ONLY, sfuServer: { SPEAKER_SLOTS: 3 } }, async (scene) => {
    const four = await Promise.all(['Ann', 'Ben', 'Cleo', 'Dan'].map((name) => scene.person(name, { chord: true })));
    const dan = four[3] as Person;
    const loud = four.slice(0, 3);
    for (const person of loud) await enter(person, scene, 'move', 1);
    await enter(dan, scene, 'move', QUIET);
    const expectLoud = () => expectMatrix(four, (_listener, speaker) => speaker !== dan);
    await expectLoud();
    const { node } = scene.platform.home;
    const watch = await SilenceWatch.begin(four, loud);
    await node.drain();
    await expectLoud();
    expectNoSilence(t, 'from slots to slots', await watch.read());
    ok(scene.platform.home.node !== node, 'the room is on the other node');
    await expectTopology(four, 'sfu');
  }));
