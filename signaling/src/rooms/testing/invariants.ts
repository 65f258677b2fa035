import assert from 'node:assert/strict';
import { PINNED_MAX } from '@parley/shared/protocol';
import type { Outcome } from '../input.ts';
import { snapshotOf } from '../snapshot.ts';
import { type RoomState, sizeOf, wantsSfu } from '../state.ts';
import { replay } from './replay.ts';
import { SETTINGS } from './room.ts';

/** What must hold of any room at any time. */
export function checkState(state: RoomState, wakeAt: number | null, now: number): void {
  const { topology, sfu, nextSfu, members, producers } = state;
  const { phase, epoch, active, next } = topology;
  assert.ok(sizeOf(state) > 0 || state.healingUntil !== null, 'an empty room is over');
  assert.ok(sizeOf(state) <= SETTINGS.roomMaxPeers);
  assert.ok(active.epoch < epoch || epoch === 1, 'the active path was made in an earlier epoch');
  switch (phase) {
    case 'mesh':
      assert.deepEqual([active.kind, next, sfu], ['mesh', null, null]);
      break;
    case 'promoting':
      assert.deepEqual(next, { kind: 'sfu', epoch });
      assert.equal(sfu?.epoch, epoch);
      break;
    case 'sfu':
      assert.deepEqual([active.kind, next], ['sfu', null]);
      assert.ok(sfu === null || sfu.epoch === active.epoch);
      break;
    case 'moving':
      assert.equal(active.kind, 'sfu');
      assert.deepEqual(next, { kind: 'sfu', epoch });
      assert.equal(nextSfu?.epoch, epoch);
      assert.ok(sfu === null || sfu.epoch === active.epoch);
      break;
    case 'demoting':
      assert.equal(active.kind, 'sfu');
      assert.deepEqual(next, { kind: 'mesh', epoch });
      assert.ok(sfu === null || sfu.epoch === active.epoch);
      break;
  }
  if (phase !== 'moving') assert.equal(nextSfu, null);
  if (state.leaving !== null) assert.notEqual(sfu, null, 'there is something to leave');
  assert.equal(next === null, state.handoverDeadline === null, 'a handover has a deadline');
  assert.ok(wakeAt === null || wakeAt > now, 'what is due has been done');
  for (const due of [state.handoverDeadline, state.healingUntil, state.sfuRetryAt]) {
    if (due !== null) assert.ok(wakeAt !== null && wakeAt <= due, 'the room wakes in time');
  }
  if (phase === 'mesh' && wantsSfu(state, SETTINGS)) assert.notEqual(state.sfuRetryAt, null, 'an SFU is looked for');
  if (phase === 'sfu' && sizeOf(state) > 0 && (!sfu || state.leaving !== null)) {
    assert.notEqual(state.sfuRetryAt, null, 'another SFU is looked for');
  }
  assert.equal(new Set(state.slots.map(({ epoch }) => epoch)).size, state.slots.length, 'a path forwards in one way');
  for (const { epoch: path } of state.slots) {
    assert.ok(
      [active, next].some((it) => it?.kind === 'sfu' && it.epoch === path),
      'slots are on a path that is',
    );
  }
  assert.ok(state.pinned.length <= PINNED_MAX, 'a few are pinned');
  for (const id of state.pinned) assert.ok(Object.hasOwn(members, id), 'who is pinned is here');
  const sending = new Set<string>();
  for (const { epoch: path, participantId } of producers) {
    assert.ok(path === active.epoch || path === next?.epoch, 'producers are on a path that is');
    assert.ok(Object.hasOwn(members, participantId) || state.healingUntil !== null, 'producers are of members');
    assert.notEqual(members[participantId]?.canSpeak, false, 'who may not speak sends nothing');
    assert.ok(!sending.has(`${path} ${participantId}`), 'one microphone each');
    sending.add(`${path} ${participantId}`);
  }
  for (const member of Object.values(members)) {
    assert.equal(member.connection === 'reconnecting', member.goneAt !== null);
  }
}

/** The events say everything that changed, in order; hooks are numbered without a gap. */
export function checkStory(before: RoomState | null, { state, events, hooks }: Outcome): void {
  for (const [i, { seq }] of hooks.entries()) assert.equal(seq, (before?.hookSeq ?? 0) + i + 1, 'no gap in the hooks');
  const types = hooks.map(({ hook }) => hook.type);
  assert.equal(types.includes('roomStarted'), !before && state !== null, 'a room starts once');
  assert.equal(types.includes('roomEnded'), before !== null && state === null, 'and ends once');
  if (state) assert.equal(state.hookSeq, (before?.hookSeq ?? 0) + hooks.length);
  for (const [i, { seq }] of events.entries()) assert.equal(seq, (before?.seq ?? 0) + i + 1, 'no gap in the numbers');
  let epoch = before?.topology.epoch ?? 0;
  for (const { event } of events) {
    if (event.type !== 'topologyChanged') continue;
    assert.ok(event.topology.epoch > epoch, 'epochs count up');
    epoch = event.topology.epoch;
  }
  if (!before || !state) return;
  assert.ok(state.topology.epoch >= before.topology.epoch);
  const told = events.reduce(replay, snapshotOf(before));
  // That a young room has been recognised as an older one concerns only those who remember it.
  const { healing: _, ...seen } = told;
  const { healing, ...truth } = snapshotOf(state);
  assert.deepEqual(seen, truth);
  if (!healing) assert.equal(told.healing, false);
}
