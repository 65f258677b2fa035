import type { Draft } from './draft.ts';
import { membersOf, type RoomState } from './state.ts';

/** Silenced users who are gone that a room remembers: the oldest are forgotten first. */
const MAX_REMEMBERED = 128;

export function isSilenced({ silencedUsers }: RoomState, userId: string): boolean {
  return silencedUsers.includes(userId);
}

/** Remembers users as silenced, or no longer. Who is here is never forgotten. */
export function rememberSilence(draft: Draft, users: ReadonlySet<string>, silenced: boolean): void {
  const others = draft.state.silencedUsers.filter((userId) => !users.has(userId));
  const all = silenced ? [...others, ...users] : others;
  const here = new Set(membersOf(draft.state).map(({ userId }) => userId));
  const isGone = (userId: string) => !here.has(userId);
  let tooMany = all.filter(isGone).length - MAX_REMEMBERED;
  draft.set({ silencedUsers: all.filter((userId) => !isGone(userId) || tooMany-- <= 0) });
}
