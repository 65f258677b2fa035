import { membersOf, type RoomSettings, type RoomState } from './state.ts';
import { demotionDueAt } from './topology.ts';

/** When time alone next changes something in the room; null: never. */
export function wakeAt(state: RoomState, settings: RoomSettings): number | null {
  const times = [
    ...membersOf(state).map((member) => member.goneAt),
    state.handoverDeadline,
    state.healingUntil,
    state.sfuRetryAt,
    demotionDueAt(state, settings),
  ].filter((time) => time !== null);
  return times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b));
}
