import type { Draft } from './draft.ts';
import { recognised } from './healing.ts';
import type { Reassertion, Speaker } from './input.ts';
import { attachMember, disconnectMember, enlist, memberOf, noticeUntil, updateMember } from './members.ts';
import { settleSilences } from './moderation.ts';
import { forward } from './slots.ts';
import { handleOf, type Member, membersOf, type RoomState, sfuPathAt, sfuPathOf, sfuPathsOf } from './state.ts';

/*
 * With several nodes the common store may lose a room, or come back with an old state of it, or have heard from other
 * nodes that we were dead. Each node holds the truth about its own connections, and a memory of the room: it says both
 * again. Nodes do so one after the other, in any order, and the room is whole again when all have.
 */

/** The seq of a restored room goes on this far ahead of what this node knew: others may have seen more than it. */
const SEQ_AHEAD = 1_000;

/** A room that the store has lost, as a node remembers it. */
export function restoredRoom(memory: RoomState, now: number): RoomState {
  // What others may have said of it since, nobody knows: its story begins anew.
  const hookStream = `${memory.incarnation}.${now.toString(36)}`;
  return { ...memory, seq: memory.seq + SEQ_AHEAD, hookStream, hookSeq: 0 };
}

/** Brings the room and what a node says of it together. @param restored the room was made of this very memory */
export function reassert(draft: Draft, { memory, nodeId, speakers }: Reassertion, restored: boolean): void {
  const newer = restored || isNewer(memory, draft.state);
  const ahead = isAhead(memory, draft.state);
  if (newer && !restored) adopt(draft, memory);
  if (newer) giveNotice(draft);
  if (!newer) {
    const { formerly } = recognised(memory, draft.state.incarnation, draft.state.formerly);
    if (formerly.length > draft.state.formerly.length) draft.set({ formerly });
    // Our members have heard events of a number that the room has yet to reach: they would ignore what happens now.
    if (ahead) draft.rebase({}, memory.seq + SEQ_AHEAD);
  }
  const present = new Map(speakers.map(({ memberId, sessionId }) => [memberId, sessionId]));
  for (const speaker of speakers) speakAgain(draft, own(memory, speaker.memberId), speaker, { nodeId, newer });
  if (newer) dropOrphanedProducers(draft);
  for (const member of membersOf(draft.state)) {
    const isOurs = member.nodeId === nodeId && member.connection === 'connected';
    if (isOurs && present.get(member.id) !== member.sessionId) disconnectMember(draft, member);
  }
  sayWhatIsSent(draft, memory, present);
  settleSilences(draft);
  // Whoever has missed something finds out by the gap.
  if ((newer || ahead) && draft.events.length === 0) draft.emit({ type: 'healed' });
}

/** Whether the node's memory goes beyond what the store has. */
function isNewer(memory: RoomState, stored: RoomState): boolean {
  if (memory.incarnation === stored.incarnation) return memory.seq > stored.seq;
  // Made by somebody's join after the store had lost the room: it is the same room, and they are its newest members.
  return stored.youngUntil !== null && memory.topology.epoch >= stored.topology.epoch;
}

/** Whether those who heard what the node did take what happens now for old, or for what comes next in another history. */
function isAhead(memory: RoomState, stored: RoomState): boolean {
  return memory.seq > stored.seq || (memory.seq === stored.seq && memory.hookStream !== stored.hookStream);
}

/** Takes the node's memory for the truth; those who have come in or back since the store lost it stay as they are. */
function adopt(draft: Draft, memory: RoomState): void {
  const { id: _id, seq, hookStream: _stream, hookSeq: _hookSeq, ...rest } = memory;
  const stored = draft.state;
  for (const path of sfuPathsOf(stored)) {
    if (!sfuPathOf(memory, path.sfuRoomId)) draft.effect({ type: 'closeSfuRoom', sfu: handleOf(path) });
  }
  const known = Object.fromEntries(
    membersOf(memory).map((member) => [member.id, switchedLast(member, own(stored, member.id))]),
  );
  const newcomers = newcomersTo(stored, memory);
  const names = recognised(stored, memory.incarnation, memory.formerly);
  draft.rebase({ ...rest, ...names, members: { ...known, ...newcomers } }, seq + SEQ_AHEAD);
  const { topology, sfu, nextSfu } = memory;
  draft.emit({ type: 'topologyChanged', topology, reason: 'completed', sfu, nextSfu });
  sayWhatIsSent(draft, stored, new Set(Object.keys(newcomers)));
}

/** Who made the room anew, by a join or by coming back: of them it knows more than the memory. Else it is an old state of it. */
function newcomersTo(stored: RoomState, memory: RoomState): RoomState['members'] {
  const isAnew = stored.incarnation !== memory.incarnation || stored.healingUntil !== null;
  if (!isAnew) return {};
  const stay = membersOf(stored).filter(({ id }) => !isRemoved(memory, id));
  return Object.fromEntries(
    stay.map((member) => [member.id, { ...member, since: own(memory, member.id)?.since ?? member.since }]),
  );
}

/** Who was on their way back may have arrived where nobody has said so yet: their node has the time to. */
function giveNotice(draft: Draft): void {
  const notice = noticeUntil(draft);
  for (const member of membersOf(draft.state)) {
    if (member.goneAt !== null && member.goneAt < notice) draft.setMember({ ...member, goneAt: notice });
  }
}

/** A member with the switches as they were said last. */
function switchedLast(member: Member, other: Member | undefined): Member {
  if (!other || other.switchedAt <= member.switchedAt) return member;
  const { muted, deafened, switchedAt } = other;
  return { ...member, muted, deafened, switchedAt };
}

/** @param mine the member as the node knew them */
function speakAgain(
  draft: Draft,
  mine: Member | undefined,
  speaker: Speaker,
  { nodeId, newer }: { nodeId: string; newer: boolean },
): void {
  const { memberId, sessionId } = speaker;
  const stored = own(draft.state, memberId);
  if (!stored) {
    if (isRemoved(draft.state, memberId))
      draft.effect({ type: 'fence', memberId, sessionId, nodeId, fence: { code: 'removed' } });
    // Nobody remembers them but they themselves: they bring their tokens.
    else if (!mine) draft.effect({ type: 'reconnect', sessionId, nodeId });
    else enlist(draft, { ...mine, sessionId, nodeId, connection: 'connected', goneAt: null });
    return;
  }
  const isTheirs = memberOf(draft.state, speaker) !== undefined;
  if (isTheirs && stored.connection === 'connected') {
    // Another node may have brought back what they were before.
    if (mine && mine.switchedAt > stored.switchedAt) updateMember(draft, stored, mine);
    return;
  }
  // Of two connections of this node, it is the node that knows which one is there.
  const isWorthMore = isTheirs || newer || stored.nodeId === nodeId || stored.connection === 'reconnecting';
  if (isWorthMore) attachMember(draft, stored, { ...switchedLast(mine ?? stored, stored), sessionId, nodeId });
  // They have come back through another connection, or so it seems: a client that is still at this end says so itself.
  else draft.effect({ type: 'reconnect', sessionId, nodeId });
}

/** Microphones of these members that the room does not know of, and what it may not know of slots. */
function sayWhatIsSent(draft: Draft, memory: RoomState, present: { has(memberId: string): boolean }): void {
  const known = new Set(draft.state.producers.map(({ producerId }) => producerId));
  for (const producer of memory.producers) {
    const { participantId, producerId, epoch } = producer;
    if (!present.has(participantId) || !own(draft.state, participantId) || known.has(producerId)) continue;
    const path = sfuPathAt(draft.state, epoch);
    if (!path || path.sfuRoomId !== sfuPathAt(memory, epoch)?.sfuRoomId) continue;
    draft.set({ producers: [...draft.state.producers, producer] });
    draft.emit({ type: 'producerAdded', producer });
  }
  for (const { epoch, generation, producerIds } of memory.slots) {
    const path = sfuPathAt(memory, epoch);
    if (path) forward(draft, path.sfuRoomId, { generation, slots: [...producerIds] });
  }
}

/** What members send who are not here (yet): their own node says so again. */
function dropOrphanedProducers(draft: Draft): void {
  const { producers, members } = draft.state;
  const stand = producers.filter(({ participantId }) => Object.hasOwn(members, participantId));
  if (stand.length < producers.length) draft.set({ producers: stand });
}

function isRemoved({ removed }: RoomState, memberId: string): boolean {
  return removed.some((removal) => removal.memberId === memberId);
}

function own(state: RoomState, memberId: string): Member | undefined {
  return Object.hasOwn(state.members, memberId) ? state.members[memberId] : undefined;
}
