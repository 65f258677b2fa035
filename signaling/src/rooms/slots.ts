import type { Forwarding } from '@parley/shared/control';
import type { Draft } from './draft.ts';
import { type PathSlots, type SfuPath, sfuPathOf } from './state.ts';

/** The SFU says how it forwards on a path; what is older than what is known changes nothing. */
export function forward(draft: Draft, sfuRoomId: string, forwarding: Forwarding): void {
  const path = sfuPathOf(draft.state, sfuRoomId);
  if (!path) return;
  const after = slotsOn(path, forwarding);
  const before = draft.state.slots.find(({ epoch }) => epoch === path.epoch);
  if (before && before.generation >= after.generation) return;
  const others = draft.state.slots.filter((it) => it !== before);
  draft.set({ slots: [...others, after] });
  if (!isSame(before?.producerIds ?? [], after.producerIds)) say(draft, after);
}

/** What forwards on a path that gives way to another of the same number is nothing of that one's. */
export function dropSlots(draft: Draft, { epoch }: SfuPath): void {
  const gone = draft.state.slots.find((it) => it.epoch === epoch);
  if (!gone) return;
  draft.set({ slots: draft.state.slots.filter((it) => it !== gone) });
  if (gone.producerIds.length > 0) say(draft, { ...gone, producerIds: [] });
}

export function slotsOn({ epoch }: SfuPath, { generation, slots }: Forwarding): PathSlots {
  return { epoch, generation, producerIds: [...slots] };
}

function say(draft: Draft, { epoch, producerIds }: PathSlots): void {
  draft.emit({ type: 'slotsChanged', slots: { epoch, producerIds: [...producerIds] } });
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}
