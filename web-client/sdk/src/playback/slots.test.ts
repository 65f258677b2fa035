import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csrcOf } from '@parley/shared/media';
import { FakeClock } from '@parley/shared/runtime';
import { Slots } from './slots.ts';
import { FakeSlot, fakePlay } from './testing.ts';

const [ANN, BEN, SELF] = ['ann', 'ben', 'me'].map(csrcOf) as [number, number, number];

/** Two slots; Ann and Ben are known. */
function setUp() {
  const clock = new FakeClock();
  const { play, sounds } = fakePlay();
  const silenced = new Set<string>();
  let asked = 0;
  const isSilenced = (id: string) => {
    asked++;
    return silenced.has(id);
  };
  const slots = new Slots({ epoch: 2, selfId: 'me', isSilenced, play, clock });
  const [first, second] = [new FakeSlot('s1'), new FakeSlot('s2')];
  slots.add(first);
  slots.add(second);
  const soundOf = (slot: FakeSlot) => sounds.get(slot.receiver.track) ?? assert.fail('not played');
  const gains = () => [soundOf(first).gain, soundOf(second).gain];
  /** Someone's frames in a slot, for so long: by default longer than it takes to notice. */
  const talk = (slot: FakeSlot, csrc: number, ms = 120, level = 0.1) => {
    for (let passed = 0; passed < ms; passed += 20) {
      clock.advance(20);
      slot.play(csrc, clock.now(), level);
    }
    clock.advance(20);
  };
  const [ann, ben] = [slots.voiceOf('ann'), slots.voiceOf('ben')];
  return { clock, slots, silenced, first, second, soundOf, gains, talk, ann, ben, asked: () => asked };
}

/** As `setUp`, and both are to be heard. */
function setUpHeard() {
  const scene = setUp();
  scene.ann.setGain(1);
  scene.ben.setGain(1);
  return scene;
}

test('where everyone is as loud, a slot begins at that, so that no word is clipped', () => {
  const { gains, slots, ann, ben } = setUpHeard();
  assert.deepEqual(gains(), [1, 1]);
  slots.setStrangersGain(0);
  for (const voice of [ann, ben]) voice.setGain(0);
  assert.deepEqual(gains(), [0, 0], 'deafened');
});

test('a slot is as loud as whoever has it is to be, from the moment it changes hands', () => {
  const { gains, talk, first, second, ann, ben } = setUpHeard();
  ben.setGain(0.25);
  talk(first, ANN);
  assert.deepEqual(gains(), [1, 0], 'nobody knows who comes in the second');
  talk(second, BEN);
  assert.deepEqual(gains(), [1, 0.25]);
  talk(first, BEN);
  talk(second, ANN);
  assert.deepEqual(gains(), [0.25, 1]);
  ann.setGain(0.5);
  assert.deepEqual(gains(), [0.25, 0.5]);
});

test('when someone is not to be heard, a slot that has been silent waits to know who comes', () => {
  const { clock, gains, talk, first, ann, ben } = setUpHeard();
  talk(first, ANN);
  ben.setGain(0);
  clock.advance(1_000);
  assert.deepEqual(gains(), [0, 0]);
  talk(first, BEN);
  assert.deepEqual(gains(), [0, 0]);
  clock.advance(1_000);
  talk(first, ANN);
  assert.deepEqual(gains(), [1, 0]);
  ben.setGain(1);
  ann.setGain(1);
  assert.deepEqual(gains(), [1, 1]);
});

test('one’s own voice is not played, a stranger’s is, until they are known and not to be heard', () => {
  const { gains, talk, first, slots } = setUpHeard();
  talk(first, SELF);
  assert.deepEqual(gains(), [0, 1]);
  talk(first, csrcOf('cy'));
  assert.deepEqual(gains(), [1, 1]);
  slots.voiceOf('cy');
  assert.deepEqual(gains(), [0, 0]);
});

test('who was not to be heard and has left is no stranger', () => {
  const { gains, talk, first, ben } = setUpHeard();
  ben.setGain(0);
  talk(first, BEN);
  ben.close();
  assert.deepEqual(gains(), [0, 1]);
  talk(first, BEN);
  assert.deepEqual(gains(), [0, 1]);
});

test('a voice knows its slot, its level, and since when it flows', () => {
  const { clock, talk, first, second, ann } = setUp();
  assert.deepEqual([ann.receiver, ann.flowingMs, ann.firstFrameAt], [null, 0, 0]);
  const begin = clock.now() + 20;
  talk(first, ANN, 200, 0.2);
  assert.equal(ann.receiver, first.receiver);
  assert.deepEqual([ann.flowingMs, ann.firstFrameAt], [180, begin]);
  assert.ok(ann.sounding);
  clock.advance(1_000);
  assert.equal(ann.receiver, null);
  talk(second, ANN, 40);
  assert.equal(ann.receiver, second.receiver);
  assert.deepEqual([ann.flowingMs, ann.firstFrameAt], [20, begin], 'flows anew');
});

test('a move fades where the voice is', () => {
  const { talk, first, second, soundOf, ann } = setUp();
  talk(first, ANN);
  ann.setGain(1, 15);
  assert.deepEqual([soundOf(first).gain, soundOf(first).fadeMs], [1, 15]);
  assert.equal(soundOf(second).gain, 0);
});

test('a slot that is received anew takes the place of the old, and is looked at', () => {
  const { slots, first, soundOf, talk, clock } = setUpHeard();
  const again = new FakeSlot('s1');
  slots.add(again);
  assert.ok(soundOf(first).closed);
  slots.remove(first);
  talk(again, ANN);
  assert.ok(slots.flowing);
  slots.remove(again);
  assert.ok(soundOf(again).closed);
  slots.close();
  assert.equal(clock.pending, 0);
});

test('while all are as loud, the browser is asked for levels only', () => {
  const { clock, first, talk, ben } = setUpHeard();
  const looksIn = (ms: number) => {
    const before = first.looks;
    clock.advance(ms);
    return first.looks - before;
  };
  clock.advance(1_000);
  talk(first, ANN);
  assert.ok(looksIn(1_000) <= 10);
  ben.setGain(0);
  assert.ok(looksIn(200) >= 9, 'it matters who comes');
});

test('who may not speak clips nobody’s words: they do not come; should they come, they are not heard', () => {
  const { gains, talk, first, silenced, ben } = setUpHeard();
  silenced.add('ben');
  ben.setGain(0);
  assert.deepEqual(gains(), [1, 1]);
  talk(first, BEN);
  assert.deepEqual(gains(), [0, 1]);
});

test('who may speak again and is not to be heard here is waited for again', () => {
  const { gains, slots, silenced, ben } = setUpHeard();
  silenced.add('ben');
  ben.setGain(0);
  silenced.delete('ben');
  slots.silencedChanged('ben');
  assert.deepEqual(gains(), [0, 0]);
});

test('a thousand who may not speak cost as many questions, and not the square of that', () => {
  const { slots, asked, clock, silenced } = setUpHeard();
  const ids = Array.from({ length: 1_000 }, (_, i) => `p${i}`);
  for (const id of ids) silenced.add(id);
  for (const id of ids) slots.voiceOf(id);
  slots.setStrangersGain(0);
  clock.advance(1_000);
  assert.ok(asked() <= 4_000, `${asked()} times`);
});
