import { admit } from './admission.ts';
import type { Draft } from './draft.ts';
import type { Arrival, ErrorRefusal, FoundSfus, RememberedRoom } from './input.ts';
import { addMember, attachMember, memberByJoinId } from './members.ts';
import { removalOf } from './moderation.ts';
import { tellPinned } from './pins.ts';
import { pauseProducers, producersOn, removeProducer } from './producers.ts';
import { loseSfu } from './sfu.ts';
import { dropSlots, forward } from './slots.ts';
import {
  handleOf,
  membersOf,
  type RoomSettings,
  type RoomState,
  type SfuHandle,
  type SfuPath,
  sfuPathOf,
  sfuPathsOf,
  sizeOf,
} from './state.ts';

/** A room is taken for a new one this often, at most, before tokens of the first time are forgotten. */
const MAX_FORMERLY = 8;

/*
 * With the memory store a restarted server knows no rooms. Their members do: each brings back a signed memory of the
 * room. The first one rebuilds it; for a while (`healing`) others may know of something newer, nobody is missed, and
 * nothing that needs everyone (a handover's end, a demotion, the end of an empty room) is decided.
 */

/** Someone comes back: to a room that remembers them, or with a memory of the room. */
export function resume(
  draft: Draft,
  arrival: Arrival,
  remembered: RememberedRoom,
  found: FoundSfus,
  sfu: SfuHandle | null,
): string | ErrorRefusal {
  if (!isKnown(draft.state, remembered.incarnation) && !recognise(draft, remembered)) {
    return { refused: 'resume_rejected' };
  }
  const removal = removalOf(draft.state, arrival, draft.now);
  if (removal) return removal;
  const { healingUntil, topology } = draft.state;
  if (healingUntil !== null && remembered.topology.epoch > topology.epoch) raise(draft, remembered, found);
  const before = Object.hasOwn(draft.state.members, arrival.memberId)
    ? draft.state.members[arrival.memberId]
    : undefined;
  if (before) {
    if (before.joinId !== arrival.joinId) return { refused: 'resume_rejected' };
    attachMember(draft, before, arrival);
    return before.id;
  }
  // They have joined again since, as somebody new: two members of one join could not be told apart.
  if (memberByJoinId(draft.state, arrival.joinId)) return { refused: 'resume_rejected' };
  if (draft.state.healingUntil === null) return admit(draft, arrival, sfu);
  if (sizeOf(draft.state) >= draft.settings.roomMaxPeers) return { refused: 'room_full' };
  addMember(draft, arrival);
  return arrival.memberId;
}

/** The remembered SFU rooms that have to be taken over for this resume to make sense of them. */
export function toTakeOver(state: RoomState | null, remembered: RememberedRoom, now: number): SfuPath[] {
  const paths = sfuPathsOf(remembered);
  if (!state) return paths;
  const open =
    remembered.incarnation === state.incarnation ? state.healingUntil !== null : mayBe(state, remembered, now);
  if (!open || remembered.topology.epoch <= state.topology.epoch) return [];
  return paths.filter(({ sfuRoomId }) => !sfuPathOf(state, sfuRoomId));
}

/** A rebuilt room has taken its SFU paths from memory: what stands behind them shows now. */
export function faceSfus(draft: Draft, found: FoundSfus): void {
  for (const path of sfuPathsOf(draft.state)) {
    if (!Object.hasOwn(found, path.sfuRoomId)) loseSfu(draft, path.sfuRoomId);
    // What was said of pins before, nobody remembers.
    else tellPinned(draft, path);
  }
}

/** When a handover that was under way before the restart ends: not before everyone had the time to come back. */
export function resumedDeadline(now: number, { healingMs, handoverDeadlineMs }: RoomSettings): number {
  return now + Math.max(healingMs, handoverDeadlineMs);
}

/** Whether the room may turn out to be the one remembered: only if it was made by a join just after a restart. */
function mayBe(state: RoomState, remembered: RememberedRoom, now: number): boolean {
  if (remembered.incarnation === state.incarnation) return true;
  if (state.youngUntil === null || now >= state.youngUntil) return false;
  // Two histories that reached the same epoch on different ways cannot be told apart by their paths.
  return remembered.topology.epoch === 1 || remembered.topology.epoch !== state.topology.epoch;
}

/** Healing ends: who has not come back by now is gone. */
export function settleHealing(draft: Draft): void {
  const { state } = draft;
  if (state.healingUntil === null || draft.now < state.healingUntil) return;
  for (const { participantId, producerId } of state.producers) {
    if (!Object.hasOwn(state.members, participantId)) removeProducer(draft, participantId, producerId);
  }
  for (const peerId of state.adoptedPeers) {
    if (Object.hasOwn(state.members, peerId)) continue;
    for (const path of sfuPathsOf(state)) draft.effect({ type: 'closeSfuPeer', sfu: handleOf(path), peerId });
  }
  draft.set({ healingUntil: null, adoptedPeers: [] });
  draft.emit({ type: 'healed' });
}

function recognise(draft: Draft, remembered: RememberedRoom): boolean {
  if (!mayBe(draft.state, remembered, draft.now)) return false;
  const healingUntil = draft.now + draft.settings.healingMs;
  draft.set({ ...recognised(draft.state, remembered.incarnation), healingUntil });
  return true;
}

function isKnown({ incarnation, formerly }: RoomState, remembered: string): boolean {
  return incarnation === remembered || formerly.includes(remembered);
}

/** The room turns out to be another one: who came in meanwhile holds tokens of what it was taken for. */
export function recognised(
  state: RoomState,
  incarnation: string,
  formerly: readonly string[] = [],
): Pick<RoomState, 'incarnation' | 'formerly' | 'youngUntil'> {
  const all = new Set([...state.formerly, ...formerly, state.incarnation]);
  all.delete(incarnation);
  return { incarnation, formerly: [...all].slice(-MAX_FORMERLY), youngUntil: null };
}

/** Takes a newer memory of the room for the truth. */
function raise(draft: Draft, { topology, sfu, nextSfu }: RememberedRoom, found: FoundSfus): void {
  const before = draft.state;
  const isKept = ({ sfuRoomId }: SfuPath) => sfuPathsOf({ sfu, nextSfu }).some((path) => path.sfuRoomId === sfuRoomId);
  for (const path of sfuPathsOf(before)) if (!isKept(path)) abandon(draft, path);
  const isSame = sfu?.sfuRoomId === before.sfu?.sfuRoomId;
  draft.setTopology(topology, 'completed', {
    sfu,
    nextSfu,
    leaving: isSame ? before.leaving : null,
    handoverDeadline: topology.next ? resumedDeadline(draft.now, draft.settings) : null,
    sfuRetryAt: null,
    fewSince: null,
    adoptedPeers: sfuPathsOf(before).some(isKept) ? before.adoptedPeers : [],
  });
  for (const path of sfuPathsOf({ sfu, nextSfu })) if (!sfuPathOf(before, path.sfuRoomId)) takeOver(draft, path, found);
  for (const member of membersOf(draft.state)) if (member.silenced) pauseProducers(draft, member.id);
}

function abandon(draft: Draft, path: SfuPath): void {
  draft.effect({ type: 'closeSfuRoom', sfu: handleOf(path) });
  // It may bear the number of one that is remembered; what is sent there is on neither.
  for (const { epoch, participantId, producerId } of draft.state.producers) {
    if (epoch === path.epoch) removeProducer(draft, participantId, producerId);
  }
  dropSlots(draft, path);
}

function takeOver(draft: Draft, path: SfuPath, found: FoundSfus): void {
  const contents = Object.hasOwn(found, path.sfuRoomId) ? found[path.sfuRoomId] : undefined;
  if (!contents) {
    loseSfu(draft, path.sfuRoomId);
    return;
  }
  const { peers, forwarding } = contents;
  draft.set({ adoptedPeers: [...new Set([...draft.state.adoptedPeers, ...peers.map(({ peerId }) => peerId)])] });
  for (const producer of producersOn(path, peers)) {
    draft.set({ producers: [...draft.state.producers, producer] });
    draft.emit({ type: 'producerAdded', producer });
  }
  forward(draft, path.sfuRoomId, forwarding);
  tellPinned(draft, path);
}
