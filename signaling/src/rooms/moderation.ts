import type { ErrorCode } from '@parley/shared/protocol';
import type { Draft } from './draft.ts';
import type { Arrival, ErrorRefusal, Speaker, Target } from './input.ts';
import { memberOf, removeMember, replaceMember } from './members.ts';
import { pauseProducers } from './producers.ts';
import { rememberSilence } from './silences.ts';
import { type Member, membersOf, type Removal, type RoomState } from './state.ts';

/*
 * What moderators do. All of it may be said twice. Who is silenced is remembered by user, so that leaving and joining
 * again gives nobody the word back; who was sent away, by membership (their resume is void) and, for a ban, by user.
 */

/** Removals that a room remembers: the oldest are forgotten first. */
const MAX_REMEMBERED = 128;

/** Whether the one who asks still speaks for a member; what comes from outside needs no membership. */
export function mayAsk(state: RoomState, by: Speaker | null): boolean {
  return by === null || memberOf(state, by) !== undefined;
}

/** Takes the word from someone, or gives it back. */
export function silence(draft: Draft, target: Target, silenced: boolean): ErrorCode | null {
  const members = membersMeant(draft.state, target);
  if (members.length === 0 && 'memberId' in target) return 'participant_not_found';
  const users = new Set('userId' in target ? [target.userId] : members.map(({ userId }) => userId));
  rememberSilence(draft, users, silenced);
  for (const member of membersOf(draft.state)) {
    const { id: participantId, userId } = member;
    if (!users.has(userId) || member.silenced === silenced) continue;
    replaceMember(draft, member, { ...member, silenced });
    draft.hook({ type: 'participantSilenced', participantId, userId, silenced });
    if (silenced) pauseProducers(draft, participantId);
  }
  return null;
}

/** Two memories of a room came together: whoever is silenced by either is silenced. */
export function settleSilences(draft: Draft): void {
  const users = new Set(membersOf(draft.state).flatMap(({ silenced, userId }) => (silenced ? [userId] : [])));
  const known = draft.state.silencedUsers;
  for (const userId of known) users.add(userId);
  if (users.size > known.length) rememberSilence(draft, users, true);
  for (const member of membersOf(draft.state)) {
    if (!users.has(member.userId)) continue;
    if (!member.silenced) replaceMember(draft, member, { ...member, silenced: true });
    pauseProducers(draft, member.id);
  }
}

/** Sends someone away; until `bannedUntil`, if given, nobody of that user comes in again. */
export function remove(draft: Draft, target: Target, bannedUntil: number | null): ErrorCode | null {
  const { state } = draft;
  const members = membersMeant(state, target);
  const removals: Removal[] = members.map(({ id, userId }) => ({
    memberId: id,
    userId,
    bannedUntil: bannedUntil ?? 0,
  }));
  if (members.length === 0) {
    const before = state.removed.find((removal) => isMeant(removal, target));
    if (bannedUntil === null) return before ? null : 'participant_not_found';
    const userId = 'userId' in target ? target.userId : before?.userId;
    if (userId === undefined) return 'participant_not_found';
    removals.push({ memberId: null, userId, bannedUntil });
  }
  // A ban said again counts from the newest saying, longer or shorter.
  if (bannedUntil !== null) for (const { userId } of removals) pardon(draft, userId);
  draft.set({ removed: [...draft.state.removed, ...removals].slice(-MAX_REMEMBERED) });
  for (const member of members) {
    removeMember(draft, member, 'removed');
    fence(draft, member, bannedUntil === null ? 'removed' : 'banned');
  }
  return null;
}

/** Lifts a user's ban; the memberships they were sent away from stay void. */
export function pardon(draft: Draft, userId: string): null {
  const removed = draft.state.removed.flatMap((removal) => {
    if (removal.userId !== userId) return [removal];
    return removal.memberId === null ? [] : [{ ...removal, bannedUntil: 0 }];
  });
  draft.set({ removed });
  return null;
}

/** Lets nobody new in but moderators, or everybody again. */
export function lock(draft: Draft, locked: boolean): null {
  if (draft.state.locked === locked) return null;
  draft.set({ locked });
  draft.emit({ type: 'roomUpdated', locked, pinned: [...draft.state.pinned] });
  draft.hook({ type: 'roomLocked', locked });
  return null;
}

/** Sends everyone home. They are told so, each once, instead of everyone of everyone else's going. */
export function end(draft: Draft): null {
  for (const member of membersOf(draft.state)) {
    const { id: participantId, userId } = member;
    draft.hook({ type: 'participantLeft', participantId, userId, reason: 'ended' });
    fence(draft, member, 'room_ended');
  }
  draft.set({ members: {}, producers: [], pinned: [], healingUntil: null, adoptedPeers: [] });
  return null;
}

/** Whether someone may not come back to the membership they had, or at all. */
export function removalOf(
  state: RoomState,
  { memberId, userId }: Pick<Arrival, 'memberId' | 'userId'>,
  now: number,
): ErrorRefusal | null {
  const ban = banOf(state, userId, now);
  if (ban) return ban;
  return state.removed.some((removal) => removal.memberId === memberId) ? { refused: 'removed' } : null;
}

export function banOf({ removed }: RoomState, userId: string, now: number): ErrorRefusal | null {
  const until = Math.max(0, ...removed.filter((it) => it.userId === userId).map(({ bannedUntil }) => bannedUntil));
  return until > now ? { refused: 'banned', retryAfterMs: until - now } : null;
}

function membersMeant(state: RoomState, target: Target): Member[] {
  return membersOf(state).filter(({ id, userId }) => isMeant({ memberId: id, userId }, target));
}

function isMeant(one: { memberId: string | null; userId: string }, target: Target): boolean {
  return 'userId' in target ? one.userId === target.userId : one.memberId === target.memberId;
}

function fence(draft: Draft, { id, sessionId, nodeId, connection }: Member, code: 'removed' | 'banned' | 'room_ended') {
  if (connection === 'connected') draft.effect({ type: 'fence', memberId: id, sessionId, nodeId, fence: { code } });
}
