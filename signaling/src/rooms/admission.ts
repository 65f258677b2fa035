import type { Draft } from './draft.ts';
import type { Arrival, ErrorRefusal } from './input.ts';
import { addMember, attachMember, memberByJoinId } from './members.ts';
import { banOf } from './moderation.ts';
import { hasLostSfu, type RoomSettings, type RoomState, type SfuHandle, sizeOf } from './state.ts';
import { abort, promote } from './topology.ts';

/** What it takes to let one more person in. */
export type Admission = 'enter' | 'callOffDemotion' | 'needsSfu' | 'full';

export function admissionTo(state: RoomState, { meshMaxPeers, roomMaxPeers }: RoomSettings): Admission {
  const size = sizeOf(state) + 1;
  if (size > roomMaxPeers) return 'full';
  if (size <= meshMaxPeers) return 'enter';
  switch (state.topology.phase) {
    case 'mesh':
      return 'needsSfu';
    case 'promoting':
    case 'moving':
      return 'enter';
    case 'sfu':
      return hasLostSfu(state) ? 'needsSfu' : 'enter';
    case 'demoting':
      return hasLostSfu(state) ? 'needsSfu' : 'callOffDemotion';
  }
}

/** A join; one repeated with the same joinId finds the member it made before. */
export function join(draft: Draft, arrival: Arrival, sfu: SfuHandle | null): string | ErrorRefusal {
  const before = memberByJoinId(draft.state, arrival.joinId);
  if (before) {
    attachMember(draft, before, arrival);
    return before.id;
  }
  const barred = barrierTo(draft.state, arrival, draft.now);
  if (barred) return barred;
  return admit(draft, arrival, sfu);
}

/** Lets someone in as `arrival.memberId`, moving the room to the prepared `sfu` where it would not fit otherwise. */
export function admit(draft: Draft, arrival: Arrival, sfu: SfuHandle | null): string | ErrorRefusal {
  const admission = admissionTo(draft.state, draft.settings);
  switch (admission) {
    case 'full':
      return { refused: 'room_full' };
    case 'needsSfu':
      if (!sfu) return { refused: 'room_full_mesh_only' };
      addMember(draft, arrival);
      promote(draft, sfu, hasLostSfu(draft.state) ? 'sfu_lost' : 'full');
      return arrival.memberId;
    case 'callOffDemotion':
      addMember(draft, arrival);
      abort(draft);
      return arrival.memberId;
    case 'enter':
      addMember(draft, arrival);
      return arrival.memberId;
  }
}

/** What a moderator has put between the room and someone who joins. */
export function barrierTo(
  state: RoomState,
  { userId, passesLock }: Pick<Arrival, 'userId' | 'passesLock'>,
  now: number,
): ErrorRefusal | null {
  const ban = banOf(state, userId, now);
  if (ban) return ban;
  return state.locked && !passesLock ? { refused: 'room_locked' } : null;
}
