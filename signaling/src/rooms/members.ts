import type { Draft } from './draft.ts';
import { type Arrival, participantOf } from './input.ts';
import { type Member, membersOf, type RoomState } from './state.ts';

export function memberByJoinId(state: RoomState, joinId: string): Member | undefined {
  return membersOf(state).find((member) => member.joinId === joinId);
}

/** The member, if it is this connection that speaks for them. */
export function memberOf(
  state: RoomState,
  { memberId, sessionId }: { memberId: string; sessionId: string },
): Member | undefined {
  const member = Object.hasOwn(state.members, memberId) ? state.members[memberId] : undefined;
  return member?.sessionId === sessionId ? member : undefined;
}

export function addMember(draft: Draft, { memberId, ...arrival }: Arrival): void {
  const member: Member = {
    id: memberId,
    ...arrival,
    connection: 'connected',
    readyEpoch: 0,
    needsSfu: false,
    goneAt: null,
  };
  draft.setMember(member);
  draft.emit({ type: 'participantJoined', participant: participantOf(member) });
}

/** The member speaks through another connection from now on; the one before, if any, is fenced off. */
export function attachMember(draft: Draft, before: Member, arrival: Arrival): void {
  const { muted, deafened, sessionId, nodeId } = arrival;
  const after: Member = { ...before, muted, deafened, sessionId, nodeId, connection: 'connected', goneAt: null };
  const other = before.sessionId !== sessionId;
  if (other && before.connection === 'connected') {
    draft.effect({ type: 'fence', memberId: before.id, sessionId: before.sessionId, nodeId: before.nodeId });
  }
  replaceMember(draft, before, after);
}

export function updateMember(draft: Draft, before: Member, { muted, deafened }: { muted: boolean; deafened: boolean }) {
  replaceMember(draft, before, { ...before, muted, deafened });
}

/** The member's connection is gone: they have the resume window to come back. */
export function disconnectMember(draft: Draft, before: Member): void {
  if (before.connection === 'reconnecting') return;
  const goneAt = draft.now + draft.settings.resumeWindowMs;
  replaceMember(draft, before, { ...before, connection: 'reconnecting', goneAt });
}

/** Takes a member out of the room, and their peer off the SFU; their producers go with them. */
export function removeMember(draft: Draft, member: Member, reason: 'left' | 'timeout'): void {
  draft.dropMember(member.id);
  const { sfu, producers } = draft.state;
  draft.set({ producers: producers.filter((producer) => producer.participantId !== member.id) });
  draft.emit({ type: 'participantLeft', participantId: member.id, reason });
  if (sfu) {
    draft.effect({
      type: 'closeSfuPeer',
      sfu: { sfuRoomId: sfu.sfuRoomId, nodeId: sfu.nodeId },
      peerId: member.id,
    });
  }
}

/** Gives up members who have not come back in time. */
export function settleMembers(draft: Draft): void {
  for (const member of membersOf(draft.state)) {
    if (member.goneAt !== null && member.goneAt <= draft.now) removeMember(draft, member, 'timeout');
  }
}

function replaceMember(draft: Draft, before: Member, after: Member): void {
  draft.setMember(after);
  const seen = (['muted', 'deafened', 'connection'] as const).some((key) => before[key] !== after[key]);
  if (seen) draft.emit({ type: 'participantUpdated', participant: participantOf(after) });
}
