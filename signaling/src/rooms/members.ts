import type { Draft } from './draft.ts';
import { type Arrival, type LeaveReason, participantOf, type Standing } from './input.ts';
import { unpin } from './pins.ts';
import { pauseProducers, removeProducer } from './producers.ts';
import { isSilenced, rememberSilence } from './silences.ts';
import { handleOf, type Member, membersOf, type RoomState, sfuPathsOf } from './state.ts';

/** How long someone has at least to be back elsewhere whose node died, or to be spoken for again, in ms. */
const NOTICE_MS = 5_000;

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

export function addMember(draft: Draft, { memberId, passesLock: _, ...arrival }: Arrival): void {
  const member: Member = {
    id: memberId,
    ...arrival,
    ...standingOf(arrival),
    silenced: isSilenced(draft.state, arrival.userId),
    connection: 'connected',
    attachEpoch: 1,
    readyEpoch: 0,
    needsSfu: false,
    switchedAt: draft.now,
    since: draft.state.seq + 1,
    goneAt: null,
  };
  enlist(draft, member);
  draft.hook({ type: 'participantJoined', participantId: member.id, userId: member.userId, name: member.name });
}

export function enlist(draft: Draft, member: Member): void {
  draft.setMember(member);
  draft.emit({ type: 'participantJoined', participant: participantOf(member) });
  closeEars(draft, draft.state.adoptedPeers.includes(member.id), member);
  // An SFU room that was taken over may hold what they sent before.
  if (member.silenced) pauseProducers(draft, member.id);
}

/** How a member is here: what their connection says of them. */
export type Presence = Omit<Arrival, 'memberId' | 'joinId' | 'passesLock'>;

/** The member speaks through another connection from now on; the one before, if any, is fenced off. */
export function attachMember(draft: Draft, before: Member, arrival: Presence): void {
  const { name, muted, deafened, sessionId, nodeId } = arrival;
  const switchedAt = switchedAfter(draft, before);
  const here = { sessionId, nodeId, connection: 'connected', goneAt: null, switchedAt } as const;
  const attachEpoch = before.attachEpoch + 1;
  const present = { name, muted, deafened, attachEpoch, ...here };
  const after: Member = { ...before, ...standingOf(arrival), ...present };
  const other = before.sessionId !== sessionId;
  if (other && before.connection === 'connected') {
    const { id: memberId, sessionId, nodeId } = before;
    draft.effect({ type: 'fence', memberId, sessionId, nodeId, fence: { code: 'conflict', attachEpoch } });
  }
  follow(draft, before, after);
  closeEars(draft, before.canListen, after);
}

/** The member's token was renewed: grants they have lost end what they allowed. */
export function renewMember(draft: Draft, before: Member, name: string | null, standing: Standing): void {
  const after: Member = { ...before, ...standingOf(standing), name: name ?? before.name };
  follow(draft, before, after);
  closeEars(draft, before.canListen, after);
}

/** A guest may come back as another user: silence goes with them, as does that of the user they turn out to be. */
function follow(draft: Draft, before: Member, after: Member): void {
  const silenced = before.silenced || isSilenced(draft.state, after.userId);
  replaceMember(draft, before, { ...after, silenced });
  if (silenced && !isSilenced(draft.state, after.userId)) rememberSilence(draft, new Set([after.userId]), true);
  if (silenced && !before.silenced) pauseProducers(draft, after.id);
}

export function updateMember(draft: Draft, before: Member, { muted, deafened }: { muted: boolean; deafened: boolean }) {
  replaceMember(draft, before, { ...before, muted, deafened, switchedAt: switchedAfter(draft, before) });
}

/** Later than before, within a millisecond too, and by the clock of a node that is behind. */
const switchedAfter = (draft: Draft, { switchedAt }: Member) => Math.max(draft.now, switchedAt + 1);

/** The member's connection is gone: they have the resume window to come back. */
export function disconnectMember(draft: Draft, before: Member): void {
  if (before.connection === 'reconnecting') return;
  const goneAt = draft.now + draft.settings.resumeWindowMs;
  replaceMember(draft, before, { ...before, connection: 'reconnecting', goneAt });
}

/** Nobody is given up before then who could not be back yet, or not be known to be: never longer than the resume window. */
export const noticeUntil = ({ now, settings }: Draft) => now + Math.min(NOTICE_MS, settings.resumeWindowMs);

/** A node is dead, last heard `at`: its members have what is left of the resume window, and time to notice at least. */
export function loseNode(draft: Draft, nodeId: string, at: number): void {
  const goneAt = Math.max(at + draft.settings.resumeWindowMs, noticeUntil(draft));
  for (const member of membersOf(draft.state)) {
    if (member.nodeId !== nodeId || member.connection === 'reconnecting') continue;
    replaceMember(draft, member, { ...member, connection: 'reconnecting', goneAt });
  }
}

/** Takes a member out of the room, and their peer off the SFU; their producers go with them. */
export function removeMember(draft: Draft, member: Member, reason: LeaveReason): void {
  draft.dropMember(member.id);
  const { producers } = draft.state;
  draft.set({ producers: producers.filter((producer) => producer.participantId !== member.id) });
  draft.emit({ type: 'participantLeft', participantId: member.id, reason });
  draft.hook({ type: 'participantLeft', participantId: member.id, userId: member.userId, reason });
  unpin(draft, member.id);
  closePeers(draft, member.id);
}

/** Gives up members who have not come back in time. */
export function settleMembers(draft: Draft): void {
  for (const member of membersOf(draft.state)) {
    if (member.goneAt !== null && member.goneAt <= draft.now) removeMember(draft, member, 'timeout');
  }
}

export function replaceMember(draft: Draft, before: Member, after: Member): void {
  draft.setMember(after);
  const seen = SEEN.some((key) => before[key] !== after[key]) || !isSameMap(before.metadata, after.metadata);
  if (seen) draft.emit({ type: 'participantUpdated', participant: participantOf(after) });
}

/** What the others see of a member, metadata apart. */
const SEEN = ['userId', 'name', 'muted', 'deafened', 'silenced', 'connection', 'canSpeak', 'canListen'] as const;

function isSameMap(a: Record<string, string>, b: Record<string, string>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
}

function standingOf({ userId, metadata, canSpeak, canListen }: Standing) {
  return { userId, metadata: { ...metadata }, canSpeak, canListen };
}

/** Someone who may no longer listen loses their peer on the SFU, and with it all they consume; they open a new one. */
function closeEars(draft: Draft, heard: boolean, { id, canListen }: Member): void {
  if (!heard || canListen || sfuPathsOf(draft.state).length === 0) return;
  for (const { participantId, producerId } of draft.state.producers) {
    if (participantId === id) removeProducer(draft, id, producerId);
  }
  closePeers(draft, id);
}

function closePeers(draft: Draft, peerId: string): void {
  for (const path of sfuPathsOf(draft.state)) draft.effect({ type: 'closeSfuPeer', sfu: handleOf(path), peerId });
}
