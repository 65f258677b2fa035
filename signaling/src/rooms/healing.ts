import { admit } from './admission.ts';
import type { Draft } from './draft.ts';
import type { Arrival, ErrorRefusal, RememberedRoom, SfuPeers } from './input.ts';
import { addMember, attachMember, memberByJoinId } from './members.ts';
import { removalOf } from './moderation.ts';
import { pauseProducers, producersOn, removeProducer } from './producers.ts';
import { loseSfu } from './sfu.ts';
import { membersOf, type RoomSettings, type RoomState, type SfuHandle, sizeOf } from './state.ts';

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
  peers: SfuPeers | null,
  sfu: SfuHandle | null,
): string | ErrorRefusal {
  if (!isKnown(draft.state, remembered.incarnation) && !recognise(draft, remembered)) {
    return { refused: 'resume_rejected' };
  }
  const removal = removalOf(draft.state, arrival, draft.now);
  if (removal) return removal;
  const { healingUntil, topology } = draft.state;
  if (healingUntil !== null && remembered.topology.epoch > topology.epoch) raise(draft, remembered, peers);
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

/** Whether the remembered SFU room has to be taken over for this resume to make sense of it. */
export function mustTakeOver(state: RoomState | null, remembered: RememberedRoom, now: number): boolean {
  const { sfu, topology } = remembered;
  if (!sfu || state?.sfu?.sfuRoomId === sfu.sfuRoomId) return false;
  if (!state) return true;
  const open =
    remembered.incarnation === state.incarnation ? state.healingUntil !== null : mayBe(state, remembered, now);
  return open && topology.epoch > state.topology.epoch;
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
  const { sfu } = state;
  for (const peerId of state.adoptedPeers) {
    if (!sfu || Object.hasOwn(state.members, peerId)) continue;
    draft.effect({ type: 'closeSfuPeer', sfu: { sfuRoomId: sfu.sfuRoomId, nodeId: sfu.nodeId }, peerId });
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
function raise(draft: Draft, { topology, sfu }: RememberedRoom, peers: SfuPeers | null): void {
  const held = draft.state.sfu;
  const same = held !== null && held.sfuRoomId === sfu?.sfuRoomId;
  if (held && !same) {
    draft.effect({ type: 'closeSfuRoom', sfu: { sfuRoomId: held.sfuRoomId, nodeId: held.nodeId } });
    // Its path may bear the number of the one remembered; what is sent there is on neither.
    for (const { epoch, participantId, producerId } of draft.state.producers) {
      if (epoch === held.epoch) removeProducer(draft, participantId, producerId);
    }
  }
  draft.setTopology(topology, 'completed', {
    sfu,
    handoverDeadline: topology.next ? resumedDeadline(draft.now, draft.settings) : null,
    sfuRetryAt: null,
    fewSince: null,
    ...(same ? {} : { adoptedPeers: [] }),
  });
  if (!sfu || same) return;
  if (!peers) {
    loseSfu(draft);
    return;
  }
  draft.set({ adoptedPeers: peers.map((peer) => peer.peerId) });
  for (const producer of producersOn(sfu, peers)) {
    draft.set({ producers: [...draft.state.producers, producer] });
    draft.emit({ type: 'producerAdded', producer });
  }
  for (const member of membersOf(draft.state)) if (member.silenced) pauseProducers(draft, member.id);
}
