import type { ErrorCode } from '@parley/shared/protocol';
import type { Draft } from './draft.ts';
import { hasLostSfu, type Member, type SfuHandle, sizeOf, wantsSfu } from './state.ts';
import { abort, complete, demote, isPathOf, promote } from './topology.ts';

/** The SFU room that carries the room, or was to carry it, is gone. */
export function loseSfu(draft: Draft): void {
  draft.set({ sfu: null, adoptedPeers: [] });
  switch (draft.state.topology.phase) {
    case 'mesh':
      return;
    case 'promoting':
      abort(draft);
      return;
    case 'sfu':
      draft.set({ sfuRetryAt: draft.now });
      return;
    case 'demoting':
      complete(draft, 'sfu_lost');
      return;
  }
}

/** An SFU was found for a room that asked for one; the room may have changed its mind meanwhile. */
export function takeSfu(draft: Draft, sfu: SfuHandle): void {
  const { state, settings } = draft;
  const tooMany = sizeOf(state) > settings.meshMaxPeers;
  switch (state.topology.phase) {
    case 'mesh':
      if (wantsSfu(state, settings)) promote(draft, sfu, tooMany ? 'full' : 'requested');
      return;
    case 'promoting':
      return;
    case 'sfu':
      if (hasLostSfu(state)) promote(draft, sfu, 'sfu_lost');
      return;
    case 'demoting':
      if (hasLostSfu(state) && tooMany) promote(draft, sfu, 'sfu_lost');
      return;
  }
}

/** No SFU was found: who fits into a mesh goes there; the others wait for the next try. */
export function doWithoutSfu(draft: Draft): void {
  const { state, settings } = draft;
  const lost = state.topology.phase === 'sfu' && hasLostSfu(state);
  if (lost && sizeOf(state) <= settings.meshMaxPeers) demote(draft, 'sfu_lost');
}

/** A member cannot hold the mesh path `epoch`. */
export function requestSfu(draft: Draft, member: Member, epoch: number, sfu: SfuHandle | null): ErrorCode | null {
  const { topology } = draft.state;
  if (epoch > topology.epoch) return 'stale_epoch';
  if (topology.phase === 'demoting' && topology.next?.epoch === epoch) {
    if (hasLostSfu(draft.state)) return 'sfu_unavailable';
    abort(draft);
    return null;
  }
  // Of a path that is over, or already being left: there is nothing more to do.
  if (!isPathOf(draft.state, 'mesh', epoch)) return null;
  if (topology.phase === 'mesh' && !sfu) return 'sfu_unavailable';
  draft.setMember({ ...member, needsSfu: true });
  if (topology.phase === 'mesh' && sfu) promote(draft, sfu, 'requested');
  return null;
}

/** Keeps the search for an SFU going while the room wants one and has none. */
export function settleSfu(draft: Draft): void {
  const { state, settings, now } = draft;
  const { phase } = state.topology;
  const searching =
    sizeOf(state) > 0 && ((phase === 'mesh' && wantsSfu(state, settings)) || (phase === 'sfu' && hasLostSfu(state)));
  if (!searching) {
    if (state.sfuRetryAt !== null) draft.set({ sfuRetryAt: null });
    return;
  }
  if ((state.sfuRetryAt ?? now) > now) return;
  draft.set({ sfuRetryAt: now + settings.sfuRetryMs });
  draft.effect({ type: 'prepareSfu' });
}
