import type { ErrorCode } from '@parley/shared/protocol';
import type { Draft } from './draft.ts';
import type { SfuContents } from './input.ts';
import { tellPinned } from './pins.ts';
import { dropProducers, reconcileProducers } from './producers.ts';
import { forward } from './slots.ts';
import {
  handleOf,
  hasLostSfu,
  type Member,
  membersOf,
  type RoomState,
  type SfuHandle,
  sfuPathOf,
  sizeOf,
  wantsSfu,
} from './state.ts';
import { abort, complete, demote, isPathOf, move, promote } from './topology.ts';

/** An SFU room that carries the room, or was to carry it, is gone. */
export function loseSfu(draft: Draft, sfuRoomId: string): void {
  const { topology, sfu, nextSfu, adoptedPeers } = draft.state;
  if (nextSfu?.sfuRoomId === sfuRoomId) {
    draft.set({ nextSfu: null });
    abort(draft);
    return;
  }
  if (sfu?.sfuRoomId !== sfuRoomId) return;
  draft.set({ sfu: null, leaving: null, adoptedPeers: nextSfu ? adoptedPeers : [] });
  switch (topology.phase) {
    case 'mesh':
    case 'moving':
      // Everyone is on their way to the other one already.
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

/** A node that carries people of the SFU room is going away: the room looks for another SFU room, from `at` on. */
export function leaveSfu(
  draft: Draft,
  { sfuRoomId, nodeId, at }: { sfuRoomId: string; nodeId: string; at: number },
): void {
  const { sfu, leaving, topology } = draft.state;
  if (sfu?.sfuRoomId !== sfuRoomId || leaving === nodeId) return;
  const isUnderWay = leaving !== null;
  // Where both the home and an edge go, it is the home that must not be found again.
  if (isUnderWay && nodeId !== sfu.nodeId) return;
  draft.set({ leaving: nodeId });
  if (topology.phase === 'sfu' && !isUnderWay) draft.set({ sfuRetryAt: at });
}

/** Nobody of the SFU room is on an edge that goes away: they left it, or it is gone. */
export function stayOnSfu(draft: Draft, { sfuRoomId, nodeId }: { sfuRoomId: string; nodeId: string }): void {
  const { sfu, leaving } = draft.state;
  if (sfu?.sfuRoomId === sfuRoomId && sfu.nodeId !== nodeId && leaving === nodeId) draft.set({ leaving: null });
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
    case 'moving':
      return;
    case 'sfu':
      if (hasLostSfu(state)) promote(draft, sfu, 'sfu_lost');
      else if (state.leaving !== null && state.leaving !== sfu.nodeId) move(draft, sfu);
      return;
    case 'demoting':
      if (hasLostSfu(state) && tooMany) promote(draft, sfu, 'sfu_lost');
      return;
  }
}

/** No SFU was found: who fits into a mesh goes there; the others wait for the next try. */
export function doWithoutSfu(draft: Draft): void {
  const { state, settings } = draft;
  if (state.topology.phase !== 'sfu' || sizeOf(state) > settings.meshMaxPeers) return;
  if (hasLostSfu(state)) demote(draft, 'sfu_lost');
  else if (state.leaving !== null && mayBeMesh(state, draft.now)) demote(draft, 'rebalanced');
}

/** The control link was away: this is what the SFU room holds now. */
export function reconcileSfu(draft: Draft, sfuRoomId: string, { peers, forwarding }: SfuContents): void {
  const path = sfuPathOf(draft.state, sfuRoomId);
  if (!path) return;
  reconcileProducers(draft, path, peers);
  forward(draft, sfuRoomId, forwarding);
  tellPinned(draft, path);
}

/** What carried these peers is gone, the SFU room is not: those connected to `nodeId` are to open anew. */
export function losePeers(draft: Draft, sfuRoomId: string, peerIds: readonly string[], nodeId: string): void {
  const path = sfuPathOf(draft.state, sfuRoomId);
  if (!path) return;
  for (const peerId of peerIds) {
    const member = Object.hasOwn(draft.state.members, peerId) ? draft.state.members[peerId] : undefined;
    if (member?.nodeId !== nodeId) continue;
    dropProducers(draft, peerId, path.epoch);
    const { sessionId, connection } = member;
    if (connection === 'connected') draft.effect({ type: 'sfuPeerLost', sessionId, epoch: path.epoch });
  }
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

/** Keeps the search for an SFU going while the room wants one and has none, or is to leave the one it has. */
export function settleSfu(draft: Draft): void {
  const { state, settings, now } = draft;
  const { phase } = state.topology;
  const wants =
    phase === 'mesh' ? wantsSfu(state, settings) : phase === 'sfu' && (hasLostSfu(state) || state.leaving !== null);
  const searching = wants && sizeOf(state) > 0;
  if (!searching) {
    if (state.sfuRetryAt !== null) draft.set({ sfuRetryAt: null });
    return;
  }
  if ((state.sfuRetryAt ?? now) > now) return;
  draft.set({ sfuRetryAt: now + settings.sfuRetryMs });
  const { sfu, leaving } = state;
  const edgeOf = sfu && leaving !== null && leaving !== sfu.nodeId ? handleOf(sfu) : null;
  draft.effect({ type: 'prepareSfu', not: leaving, edgeOf });
}

/** Whether the room can do without an SFU as far as its members go. */
function mayBeMesh(state: RoomState, now: number): boolean {
  return now >= state.blockedUntil && membersOf(state).every(({ needsSfu }) => !needsSfu);
}
