import { type ErrorCode, PINNED_MAX } from '@parley/shared/protocol';
import type { Draft } from './draft.ts';
import { handleOf, type SfuPath, sfuPathsOf } from './state.ts';

/** Has someone keep a speaker slot while they speak, or take their chance with the others again. */
export function pin(draft: Draft, memberId: string, isPinned: boolean): ErrorCode | null {
  const { members, pinned } = draft.state;
  if (!Object.hasOwn(members, memberId)) return 'participant_not_found';
  if (!isPinned) return unpin(draft, memberId);
  if (pinned.includes(memberId)) return null;
  if (pinned.length >= PINNED_MAX) return 'conflict';
  setPinned(draft, [...pinned, memberId]);
  return null;
}

/** A pin goes with whom it is of. */
export function unpin(draft: Draft, memberId: string): null {
  const { pinned } = draft.state;
  if (pinned.includes(memberId))
    setPinned(
      draft,
      pinned.filter((id) => id !== memberId),
    );
  return null;
}

/** Has an SFU know who is pinned. */
export function tellPinned(draft: Draft, path: SfuPath): void {
  draft.effect({ type: 'pinSfuPeers', sfu: handleOf(path), peerIds: [...draft.state.pinned] });
}

function setPinned(draft: Draft, pinned: readonly string[]): void {
  draft.set({ pinned });
  draft.emit({ type: 'roomUpdated', locked: draft.state.locked, pinned: [...pinned] });
  for (const path of sfuPathsOf(draft.state)) tellPinned(draft, path);
}
