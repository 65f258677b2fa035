import type { Draft } from './draft.ts';
import type { Reassertion, Speaker } from './input.ts';
import { attachMember, disconnectMember, enlist, memberOf } from './members.ts';
import { settleSilences } from './moderation.ts';
import { type Member, membersOf, type RoomState } from './state.ts';

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
  const seqBefore = draft.state.seq;
  const newer = restored || isNewer(memory, draft.state);
  if (newer && !restored) adopt(draft, memory);
  const present = new Map(speakers.map(({ memberId, sessionId }) => [memberId, sessionId]));
  for (const [memberId, sessionId] of present) {
    const mine = own(memory, memberId);
    if (mine) speakAgain(draft, mine, { memberId, sessionId }, { nodeId, newer });
  }
  if (newer) dropOrphanedProducers(draft);
  for (const member of membersOf(draft.state)) {
    const isOurs = member.nodeId === nodeId && member.connection === 'connected';
    if (isOurs && present.get(member.id) !== member.sessionId) disconnectMember(draft, member);
  }
  sayWhatTheySend(draft, memory, present);
  settleSilences(draft);
  // Whoever has missed something finds out by the gap.
  if (newer && draft.state.seq === seqBefore) draft.emit({ type: 'healed' });
}

/** Whether the node's memory goes beyond what the store has. */
function isNewer(memory: RoomState, stored: RoomState): boolean {
  if (memory.incarnation === stored.incarnation) return memory.seq > stored.seq;
  // Made by somebody's join after the store had lost the room: it is the same room, and they are its newest members.
  return stored.youngUntil !== null && memory.topology.epoch >= stored.topology.epoch;
}

/** Takes the node's memory for the truth, and keeps those whom it does not know. */
function adopt(draft: Draft, memory: RoomState): void {
  const { id: _id, seq, members: _members, hookStream: _stream, hookSeq: _hookSeq, ...rest } = memory;
  const { sfu } = draft.state;
  if (sfu && sfu.sfuRoomId !== memory.sfu?.sfuRoomId) {
    draft.effect({ type: 'closeSfuRoom', sfu: { sfuRoomId: sfu.sfuRoomId, nodeId: sfu.nodeId } });
  }
  draft.rebase(rest, seq + SEQ_AHEAD);
  draft.emit({ type: 'topologyChanged', topology: memory.topology, reason: 'completed', sfu: memory.sfu });
}

function speakAgain(
  draft: Draft,
  mine: Member,
  speaker: Speaker,
  { nodeId, newer }: { nodeId: string; newer: boolean },
) {
  const stored = own(draft.state, mine.id);
  if (!stored && draft.state.removed.some(({ memberId }) => memberId === mine.id)) {
    draft.effect({ type: 'fence', memberId: mine.id, sessionId: speaker.sessionId, nodeId, code: 'removed' });
    return;
  }
  if (!stored) {
    enlist(draft, { ...mine, sessionId: speaker.sessionId, nodeId, connection: 'connected', goneAt: null });
    return;
  }
  if (memberOf(draft.state, speaker)) {
    if (stored.connection === 'reconnecting')
      attachMember(draft, stored, { ...stored, sessionId: speaker.sessionId, nodeId });
    return;
  }
  if (newer || stored.connection === 'reconnecting') {
    attachMember(draft, stored, { ...mine, sessionId: speaker.sessionId, nodeId });
  } else {
    // They have come back through another connection: ours is the old one.
    draft.effect({ type: 'fence', memberId: mine.id, sessionId: speaker.sessionId, nodeId, code: 'conflict' });
  }
}

/** Microphones of the node's members that the store does not know of. */
function sayWhatTheySend(draft: Draft, memory: RoomState, present: ReadonlyMap<string, string>): void {
  const known = new Set(draft.state.producers.map(({ producerId }) => producerId));
  for (const producer of memory.producers) {
    const { participantId, producerId, epoch } = producer;
    const stands = present.has(participantId) && epoch === draft.state.sfu?.epoch && own(draft.state, participantId);
    if (!stands || known.has(producerId) || memory.sfu?.sfuRoomId !== draft.state.sfu?.sfuRoomId) continue;
    draft.set({ producers: [...draft.state.producers, producer] });
    draft.emit({ type: 'producerAdded', producer });
  }
}

/** What members send who are not here (yet): their own node says so again. */
function dropOrphanedProducers(draft: Draft): void {
  const { producers, members } = draft.state;
  const stand = producers.filter(({ participantId }) => Object.hasOwn(members, participantId));
  if (stand.length < producers.length) draft.set({ producers: stand });
}

function own(state: RoomState, memberId: string): Member | undefined {
  return Object.hasOwn(state.members, memberId) ? state.members[memberId] : undefined;
}
