import { ok } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Request } from 'playwright-core';
import {
  EMPTY_SFU,
  expectMatrix,
  expectTopology,
  hear,
  type Person,
  play,
  SilenceWatch,
  until,
} from './harness/index.ts';

/** Far more than a handover is to take; a test asserts that people go on hearing each other, the bench how well. */
const NEVER_THIS_SILENT_MS = 500;

/** What of the SDK only rooms on the SFU need. */
const isSfuPart = (request: Request): boolean => /\/sdk\/parley-chunk-/.test(request.url());

/** Looks again and again, until `stop`, whether all of them still hear one another: nobody is lost from look to look. */
function keepHearing(people: readonly Person[]): { stop: () => Promise<void> } {
  let going = true;
  /** Who is not heard, by listener and speaker, and since when. */
  const missed = new Map<string, number>();
  const lost = new Set<string>();
  const looking = (async () => {
    while (going) {
      const now = performance.now();
      for (const [listener, heard] of await hear(people, 'any')) {
        for (const speaker of people) {
          const pair = `${listener.name} lost ${speaker.name}`;
          if (speaker === listener || heard.has(speaker)) missed.delete(pair);
          else if (now - (missed.get(pair) ?? now) > NEVER_THIS_SILENT_MS) lost.add(pair);
          else if (!missed.has(pair)) missed.set(pair, now);
        }
      }
    }
  })();
  return {
    stop: async () => {
      going = false;
      await looking;
      ok(lost.size === 0, `during the handover ${[...lost].join(', ')}`);
    },
  };
}

/** What listeners say of the move to `to`, once all of them have. */
async function reports(people: readonly Person[], to: 'mesh' | 'sfu') {
  const of = async (person: Person) =>
    (await person.eventsOf('handover')).flatMap(
      ({ data }) => data as { to: string; silenceMs: number; durationMs: number }[],
    );
  await until(`reports of the move to ${to}`, async () => {
    const all = await Promise.all(people.map(of));
    const missing = people.filter((_person, index) => !all[index]?.some((report) => report.to === to));
    return missing.length > 0 ? `None from ${missing.map(({ name }) => name).join(', ')}.` : null;
  });
  return (await Promise.all(people.map(of))).flatMap((all) => all.filter((report) => report.to === to));
}

async function tellSilence(t: TestContext, move: string, watch: SilenceWatch, told: { silenceMs: number }[]) {
  const { longestMs, lagMs } = await watch.read();
  const byTheSdk = Math.max(...told.map(({ silenceMs }) => silenceMs));
  t.diagnostic(
    `${move}: longest silence ${longestMs.toFixed(1)} ms on room.output, ${byTheSdk} ms as the SDK says` +
      (lagMs > 50 ? ` (the machine was ${lagMs.toFixed(0)} ms late)` : ''),
  );
  ok(longestMs < NEVER_THIS_SILENT_MS, `${move}: ${longestMs} ms of silence`);
}

test('a call moves to the SFU and back while people talk, and they go on hearing each other', (t) =>
  play({ signaling: { MESH_MAX_PEERS: 3, MESH_RETURN_PEERS: 2, MESH_RETURN_AFTER_MS: 1_000 } }, async (scene) => {
    const { url } = scene.platform;
    const [ann, ben, cleo, dan] = await Promise.all(
      ['Ann', 'Ben', 'Cleo', 'Dan'].map((name) => scene.person(name, { chord: true })),
    );
    if (!ann || !ben || !cleo || !dan) throw new Error('four people were asked for');
    const three = [ann, ben, cleo];
    for (const person of three) await person.join(url, 'handover');
    await expectMatrix(three);
    await expectTopology(three, 'mesh');

    let watch = await SilenceWatch.begin(three);
    let hearing = keepHearing(three);
    await dan.join(url, 'handover');
    await expectTopology([...three, dan], 'sfu');
    const promotions = await reports(three, 'sfu');
    await hearing.stop();
    await tellSilence(t, 'promotion', watch, promotions);
    await expectMatrix([...three, dan]);

    watch = await SilenceWatch.begin([ann, ben]);
    hearing = keepHearing([ann, ben]);
    await Promise.all([cleo.leave(), dan.leave()]);
    await expectTopology([ann, ben], 'mesh');
    const demotions = await reports([ann, ben], 'mesh');
    await hearing.stop();
    await tellSilence(t, 'demotion', watch, demotions);
    await expectMatrix([ann, ben]);

    for (const person of [ann, ben]) {
      const changes = (await person.eventsOf('topologyChanged')).map(({ data }) => data as [string, number]);
      ok(changes.map(([kind]) => kind).join() === 'sfu,mesh', `${person.name} saw ${JSON.stringify(changes)}`);
      ok((changes[0]?.[1] ?? 0) < (changes[1]?.[1] ?? 0), 'epochs count up');
    }
    await scene.platform.expectMetrics('sfu-server', EMPTY_SFU);
  }));

test('a call moves to the SFU though the files of the SDK can no longer be had: what it needs came with the call', () =>
  play({ signaling: { MESH_MAX_PEERS: 2 } }, async (scene) => {
    const people = await Promise.all(['Ann', 'Ben'].map((name) => scene.person(name)));
    const coming = people.map(({ page }) => page.waitForEvent('requestfinished', isSfuPart));
    for (const person of people) await person.join(scene.platform.url, 'late');
    await Promise.all(coming);
    await expectTopology(people, 'mesh');
    const cleo = await scene.person('Cleo');
    for (const { page } of people) await page.route('**/sdk/**', (route) => route.abort());
    await cleo.join(scene.platform.url, 'late');
    await expectTopology([...people, cleo], 'sfu');
    await expectMatrix([...people, cleo]);
  }));
