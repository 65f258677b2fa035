import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import type { MediaPath } from '../media/media-path.ts';
import type { Way } from '../media/voice-source.ts';
import type { Playback } from '../playback/playback.ts';
import type { HandoverReport, Participant } from '../types.ts';
import { Handover } from './handover.ts';

/** A speaker as the handover sees one: `arrived` is the epoch whose frames have come. */
class FakeSpeaker {
  readonly participantId: string;
  readonly source = { lastFrameAt: 0, epoch: 1 };
  arrived = 0;
  movedTo = 0;
  silence: number | null = null;
  expected = true;

  constructor(participantId: string) {
    this.participantId = participantId;
  }

  startMeasuring(): void {
    this.silence = null;
  }

  stopMeasuring(): void {}

  expectSound(isExpected: boolean): void {
    this.expected = isExpected;
  }

  async silenceMs(): Promise<number | null> {
    return this.silence;
  }

  isOn({ epoch }: Way): boolean {
    return this.movedTo === epoch;
  }

  follow({ epoch }: Way): boolean {
    if (this.arrived === epoch) this.movedTo = epoch;
    return this.movedTo === epoch;
  }

  moveTo({ epoch }: Way): void {
    this.movedTo = epoch;
  }
}

const person = (id: string, changes: Partial<Participant> = {}): Participant => ({
  id,
  userId: `user-${id}`,
  name: id,
  metadata: {},
  isSelf: false,
  muted: false,
  deafened: false,
  silenced: false,
  speaking: false,
  connection: 'connected',
  canSpeak: true,
  canListen: true,
  pinned: false,
  path: 'mesh',
  volume: 1,
  ...changes,
});

function setUp(others: Participant[]) {
  const clock = new FakeClock();
  const speakers = new Map(others.map(({ id }) => [id, new FakeSpeaker(id)]));
  const connectedTo = new Set<string>();
  const leftOut = new Set<string>();
  const slots = { flow: true };
  let released = 0;
  const path = {
    kind: 'sfu',
    epoch: 2,
    sendReady: true,
    isConnectedTo: (id: string) => connectedTo.has(id),
    mayLeaveOut: (id: string) => leftOut.has(id),
    release: () => void released++,
  };
  const settled: number[] = [];
  const reports: HandoverReport[] = [];
  const handover = new Handover({
    playback: {
      speakers: [...speakers.values()],
      speaker: (id: string) => speakers.get(id),
      slotsFlow: () => slots.flow,
    } as unknown as Playback,
    others: () => others,
    onSettled: ({ epoch }) => settled.push(epoch),
    onReport: (report) => reports.push(report),
    log: silentLogger,
    clock,
  });
  const begin = () => handover.begin(path as unknown as MediaPath, 'mesh');
  const speaker = (id: string) => speakers.get(id) as FakeSpeaker;
  const change = () => handover.carrierChanged(path as unknown as MediaPath);
  const releases = () => released;
  return { clock, connectedTo, leftOut, slots, path, settled, reports, handover, begin, change, speaker, releases };
}

test('a listener has moved when the audio of everyone who talks has arrived', () => {
  const { clock, connectedTo, settled, begin, speaker, handover } = setUp([person('a'), person('b')]);
  begin();
  connectedTo.add('a').add('b');
  speaker('a').arrived = 2;
  clock.advance(500);
  assert.equal(settled.length, 0, 'b is still to come');
  speaker('b').arrived = 2;
  clock.advance(20);
  assert.equal(settled.length, 1);
  assert.ok(handover.isSettledOn(2));
  clock.advance(5_000);
  assert.equal(settled.length, 1, 'once');
  assert.equal(clock.pending, 0);
});

test('who is muted is moved as soon as the path reaches them, without a frame', () => {
  const { clock, connectedTo, settled, begin, speaker } = setUp([person('a', { muted: true })]);
  begin();
  clock.advance(3_000);
  assert.equal(settled.length, 0, 'not before the path is connected');
  connectedTo.add('a');
  clock.advance(20);
  assert.equal(settled.length, 1);
  assert.equal(speaker('a').movedTo, 2);
});

test('who has the microphone open and says nothing is moved after a while', () => {
  const { clock, connectedTo, settled, begin } = setUp([person('a')]);
  begin();
  connectedTo.add('a');
  clock.advance(1_000);
  assert.equal(settled.length, 0);
  clock.advance(1_000);
  assert.equal(settled.length, 1);
});

test('who still sounds on the old path is waited for', () => {
  const { clock, connectedTo, settled, begin, speaker } = setUp([person('a')]);
  begin();
  connectedTo.add('a');
  for (let i = 0; i < 50; i++) {
    speaker('a').source.lastFrameAt = clock.now();
    clock.advance(100);
  }
  assert.equal(settled.length, 0);
});

test('who is reconnecting is not waited for; our own sending is', () => {
  const { clock, path, settled, begin } = setUp([person('a', { connection: 'reconnecting' })]);
  path.sendReady = false;
  begin();
  clock.advance(1_000);
  assert.equal(settled.length, 0);
  path.sendReady = true;
  clock.advance(20);
  assert.equal(settled.length, 1);
});

test('the report names the longest silence, and who had one', async () => {
  const { clock, connectedTo, reports, begin, speaker } = setUp([
    person('a'),
    person('b'),
    person('c', { muted: true }),
  ]);
  begin();
  speaker('a').silence = 12.4;
  speaker('b').silence = 0;
  for (const id of ['a', 'b']) speaker(id).arrived = 2;
  connectedTo.add('c');
  clock.advance(20);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(reports.length, 1);
  const [report] = reports;
  assert.equal(report?.from, 'mesh');
  assert.equal(report?.to, 'sfu');
  assert.equal(report?.silenceMs, 12);
  assert.deepEqual(
    new Map(report?.speakers),
    new Map([
      ['a', 12],
      ['b', 0],
    ]),
  );
});

test('a closed handover leaves no timer behind', () => {
  const { clock, begin, handover, settled } = setUp([person('a')]);
  begin();
  handover.close();
  clock.advance(10_000);
  assert.equal(clock.pending, 0);
  assert.equal(settled.length, 0);
});

test('who talks and is not among the loudest counts as moved once others have had the slots for a while', () => {
  const { clock, connectedTo, leftOut, slots, settled, begin, speaker } = setUp([person('a'), person('b')]);
  const talk = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 20) {
      speaker('b').source.lastFrameAt = clock.now();
      clock.advance(20);
    }
  };
  begin();
  connectedTo.add('a').add('b');
  speaker('a').arrived = 2;
  slots.flow = false;
  talk(5_000);
  assert.equal(settled.length, 0, 'their microphone is not on the path yet');
  leftOut.add('b');
  talk(5_000);
  assert.equal(settled.length, 0, 'the slots carry nobody yet');
  slots.flow = true;
  talk(1_000);
  assert.equal(settled.length, 0);
  talk(2_000);
  assert.equal(settled.length, 1);
  assert.equal(speaker('b').movedTo, 2);
});

test('a path that carries voices another way is moved to again, unsaid and unreported, and then released', async () => {
  const { clock, connectedTo, settled, reports, begin, change, speaker, releases, handover } = setUp([person('a')]);
  begin();
  connectedTo.add('a');
  speaker('a').arrived = 2;
  clock.advance(20);
  assert.equal(releases(), 1);
  Object.assign(speaker('a'), { arrived: 0, movedTo: 0 });
  change();
  clock.advance(500);
  assert.equal(releases(), 1, 'what carried them is still needed');
  assert.ok(handover.isSettledOn(2), 'they are heard all the while');
  speaker('a').arrived = 2;
  clock.advance(20);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([releases(), settled.length, reports.length, clock.pending], [2, 1, 1, 0]);
});

test('whoever closes their microphone on the way is not expected to be heard, until it is open again', () => {
  const ann = person('a');
  const { clock, begin, speaker, handover } = setUp([ann, person('b')]);
  begin();
  const expected: boolean[] = [];
  for (const muted of [false, true, false]) {
    Object.assign(ann, { muted });
    clock.advance(20);
    expected.push(speaker('a').expected);
  }
  assert.deepEqual(expected, [true, false, true]);
  handover.close();
});
