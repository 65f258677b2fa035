import type { Phase, TopologyReason } from '@parley/shared/protocol';
import type { Draft } from './draft.ts';
import { tellPinned } from './pins.ts';
import { handleOf, hasLostSfu, type Member, membersOf, type RoomState, type SfuHandle, sizeOf } from './state.ts';

type Handover = Extract<Phase, 'promoting' | 'moving' | 'demoting'>;

/*
 *           promote               complete
 *   mesh ────────────▶ promoting ────────────▶ sfu ◀─────────────┐
 *    ▲  ◀──────────────    │  ▲ abort           │ ▲  │            │ complete, or abort
 *    │       abort         │  └── promote (lost)┤ │  └─ move ──▶ moving
 *    │                     ▼                    ▼ │ abort
 *    └──────────────────────────────────────  demoting
 *                         complete
 *
 * Every arrow takes the next epoch. `active` is what everyone has, `next` what everyone is moving to.
 */

/** Begins to move the room to `sfu`: from a mesh, or from an SFU that is lost. */
export function promote(draft: Draft, sfu: SfuHandle, reason: TopologyReason): void {
  begin(draft, 'promoting', reason, sfu);
}

/** Begins to move the room from the SFU that carries it to another one. */
export function move(draft: Draft, sfu: SfuHandle): void {
  begin(draft, 'moving', 'rebalanced', sfu);
}

/** Begins to move the room back to a mesh. */
export function demote(draft: Draft, reason: TopologyReason): void {
  begin(draft, 'demoting', reason, null);
}

function begin(draft: Draft, phase: Handover, reason: TopologyReason, handle: SfuHandle | null): void {
  const { topology, sfu: before, leaving } = draft.state;
  const next = { kind: handle ? 'sfu' : 'mesh', epoch: topology.epoch + 1 } as const;
  const path = handle && { ...handle, epoch: next.epoch };
  draft.usedSfu ||= path !== null;
  draft.setTopology({ phase, epoch: next.epoch, active: topology.active, next }, reason, {
    ...(phase === 'promoting' ? { sfu: path, leaving: null } : { sfu: before, leaving }),
    nextSfu: phase === 'moving' ? path : null,
    handoverDeadline: draft.now + draft.settings.handoverDeadlineMs,
    fewSince: null,
    sfuRetryAt: null,
  });
  if (path && draft.state.pinned.length > 0) tellPinned(draft, path);
}

/** Ends a handover: what everyone was moving to is what everyone has. */
export function complete(draft: Draft, reason: TopologyReason = 'completed'): void {
  const { topology, sfu, nextSfu, leaving } = draft.state;
  const { next, epoch } = topology;
  if (!next) return;
  const carries = next.kind === 'mesh' ? null : (nextSfu ?? sfu);
  if (sfu && sfu !== carries) draft.effect({ type: 'closeSfuRoom', sfu: handleOf(sfu) });
  draft.setTopology({ phase: next.kind, epoch: epoch + 1, active: next, next: null }, reason, {
    sfu: carries,
    nextSfu: null,
    leaving: sfu === carries ? leaving : null,
    handoverDeadline: null,
    // Still too large for a mesh, or someone here cannot hold one: look for an SFU again before long.
    sfuRetryAt: carries ? null : draft.now + draft.settings.sfuRetryMs,
  });
}

/** Calls a handover off: what everyone has is kept. What was to carry the next path is lost already, if anything was. */
export function abort(draft: Draft): void {
  const { topology, sfu, blockedUntil } = draft.state;
  const { phase, active, next, epoch } = topology;
  if (!next) return;
  const { now, settings } = draft;
  const isDemotion = phase === 'demoting';
  const carries = active.kind === 'sfu' && phase !== 'promoting' ? sfu : null;
  // Without anything that carries it, the room cannot wait.
  const retryAt = active.kind === 'sfu' && !carries ? now : now + settings.sfuRetryMs;
  draft.setTopology({ phase: active.kind, epoch: epoch + 1, active, next: null }, 'aborted', {
    sfu: carries,
    nextSfu: null,
    handoverDeadline: null,
    blockedUntil: isDemotion ? now + settings.demotionBackoffMs : blockedUntil,
    sfuRetryAt: isDemotion ? null : retryAt,
  });
}

/** Ends or calls off a handover whose time has come. */
export function settleHandover(draft: Draft): void {
  switch (fateOfHandover(draft.state, draft.now)) {
    case 'completes':
      complete(draft);
      break;
    case 'aborts':
      abort(draft);
      break;
    case 'goes on':
      break;
  }
}

function fateOfHandover(state: RoomState, now: number): 'completes' | 'aborts' | 'goes on' {
  const { next } = state.topology;
  if (!next || state.handoverDeadline === null) return 'goes on';
  const members = membersOf(state);
  const unready = members.filter((member) => member.readyEpoch !== next.epoch);
  // Someone reconnecting still hears the old path: they are waited for, though only to the deadline. A rebuilt room
  // does not know yet who is in it.
  if (unready.length === 0 && members.length > 0 && state.healingUntil === null) return 'completes';
  if (now < state.handoverDeadline) return 'goes on';
  if (next.kind === 'sfu' || hasLostSfu(state)) return 'completes';
  // A demotion closes the SFU room at its end, which would silence whoever is not over yet: keep it instead.
  return unready.some(isConnected) || !members.some(isConnected) ? 'aborts' : 'completes';
}

/** Returns a room that has been small for long enough to a mesh. */
export function settleDemotion(draft: Draft): void {
  const { state, settings } = draft;
  const few = state.topology.phase === 'sfu' && sizeOf(state) <= settings.meshReturnPeers;
  if (!few) {
    if (state.fewSince !== null) draft.set({ fewSince: null });
    return;
  }
  if (state.fewSince === null) draft.set({ fewSince: draft.now });
  const dueAt = demotionDueAt(draft.state, settings);
  if (dueAt !== null && dueAt <= draft.now) demote(draft, 'quiet');
}

/** When a quiet room may be demoted; null while something other than time stands against it. */
export function demotionDueAt(state: RoomState, { meshReturnAfterMs }: Draft['settings']): number | null {
  if (state.topology.phase !== 'sfu' || state.fewSince === null || state.sfu === null) return null;
  if (state.healingUntil !== null) return null;
  if (membersOf(state).some((member) => member.needsSfu || !isConnected(member))) return null;
  return Math.max(state.fewSince + meshReturnAfterMs, state.blockedUntil);
}

/** Whether `epoch` is that of a path of `kind` that carries media now, or is about to. */
export function isPathOf(state: RoomState, kind: 'mesh' | 'sfu', epoch: number): boolean {
  const { active, next } = state.topology;
  return [active, next].some((path) => path?.kind === kind && path.epoch === epoch);
}

function isConnected(member: Member): boolean {
  return member.connection === 'connected';
}
