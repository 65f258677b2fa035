import type { ErrorCode } from '@parley/shared/protocol';
import { join } from './admission.ts';
import { Draft } from './draft.ts';
import { faceSfus, resume, settleHealing } from './healing.ts';
import type { Context, ErrorRefusal, Outcome, Result, RoomInput, Speaker } from './input.ts';
import {
  disconnectMember,
  loseNode,
  memberOf,
  removeMember,
  renewMember,
  settleMembers,
  updateMember,
} from './members.ts';
import { end, lock, mayAsk, pardon, remove, silence } from './moderation.ts';
import { newRoom, rebuiltRoom } from './new-room.ts';
import { pin } from './pins.ts';
import { addProducer, dropProducers, removeProducer, settleSpeech } from './producers.ts';
import { reassert, restoredRoom } from './reassertion.ts';
import {
  doWithoutSfu,
  leaveSfu,
  losePeers,
  loseSfu,
  reconcileSfu,
  requestSfu,
  settleSfu,
  stayOnSfu,
  takeSfu,
} from './sfu.ts';
import { forward } from './slots.ts';
import { handleOf, type Member, membersOf, type RoomState, sfuPathOf, sfuPathsOf, sizeOf } from './state.ts';
import { settleDemotion, settleHandover } from './topology.ts';
import { wakeAt } from './wake.ts';

const OK = { ok: true, memberId: null, usedSfu: false } as const satisfies Result;

/**
 * What happens to a room: pure, and total. An input that is refused changes nothing, except what time alone would
 * have changed.
 * @param roomId names the room that a join or a resume creates when `state` is null.
 */
export function transition(roomId: string, state: RoomState | null, input: RoomInput, context: Context): Outcome {
  const start = state ?? beginning(roomId, input, context);
  if (!start) return nothing(refusal(isModeration(input) && input.by === null ? 'room_not_found' : 'not_in_room'));
  const attempt = new Draft(start, context);
  if (state === null) begin(attempt, input);
  const result = apply(attempt, input, state === null);
  if (state === null && !result.ok) return nothing(result);
  const draft = result.ok ? attempt : new Draft(start, context);
  settle(draft);
  const { events, hooks, effects } = draft;
  if (isOver(draft.state)) {
    for (const path of sfuPathsOf(draft.state)) draft.effect({ type: 'closeSfuRoom', sfu: handleOf(path) });
    draft.hook({ type: 'roomEnded', reason: input.type === 'end' && result.ok ? 'ended' : 'empty' });
    return { state: null, events, hooks, effects, wakeAt: null, result };
  }
  return { state: draft.state, events, hooks, effects, wakeAt: wakeAt(draft.state, context.settings), result };
}

/** A room that is restored begins with those who are known to be in it. */
function begin(draft: Draft, input: RoomInput): void {
  draft.hook({ type: 'roomStarted', recovered: input.type !== 'join' });
  for (const { id: participantId, userId, name } of membersOf(draft.state)) {
    draft.hook({ type: 'participantJoined', participantId, userId, name });
  }
}

function nothing(result: Result): Outcome {
  return { state: null, events: [], hooks: [], effects: [], wakeAt: null, result };
}

function beginning(roomId: string, input: RoomInput, context: Context): RoomState | null {
  if (input.type === 'join') return newRoom(roomId, input);
  if (input.type === 'resume') return rebuiltRoom(roomId, input, context);
  if (input.type === 'reassert') return input.speakers.length > 0 ? restoredRoom(input.memory, context.now) : null;
  return null;
}

function apply(draft: Draft, input: RoomInput, fresh: boolean): Result {
  switch (input.type) {
    case 'join':
      return admitted(draft, join(draft, input.arrival, input.sfu));
    case 'resume': {
      const result = resume(draft, input.arrival, input.remembered, input.found, input.sfu);
      if (fresh) faceSfus(draft, input.found);
      return admitted(draft, result);
    }
    case 'leave':
      return asMember(draft, input, (member) => {
        removeMember(draft, member, 'left');
      });
    case 'disconnect':
      return asMember(draft, input, (member) => {
        disconnectMember(draft, member);
      });
    case 'update':
      return asMember(draft, input, (member) => {
        updateMember(draft, member, input);
      });
    case 'renewed':
      return asMember(draft, input, (member) => {
        renewMember(draft, member, input.name, input.standing);
      });
    case 'ready':
      return asMember(draft, input, (member) => ready(draft, member, input.epoch));
    case 'requestSfu':
      return asMember(draft, input, (member) => requestSfu(draft, member, input.epoch, input.sfu));
    case 'producerAdded':
      return asMember(draft, input, (member) => addProducer(draft, member, input));
    case 'producersDropped':
      return asMember(draft, input, (member) => {
        dropProducers(draft, member.id, input.epoch);
      });
    case 'producerRemoved':
      if (sfuPathOf(draft.state, input.sfuRoomId)) removeProducer(draft, input.memberId, input.producerId);
      return OK;
    case 'sfuLost':
      loseSfu(draft, input.sfuRoomId);
      return OK;
    case 'sfuLeaving':
      leaveSfu(draft, input);
      return OK;
    case 'edgeLeft':
      stayOnSfu(draft, input);
      return OK;
    case 'sfuReconciled':
      reconcileSfu(draft, input.sfuRoomId, input);
      return OK;
    case 'forwardingChanged':
      forward(draft, input.sfuRoomId, input.forwarding);
      return OK;
    case 'peersLost':
      losePeers(draft, input.sfuRoomId, input.peerIds, input.nodeId);
      return OK;
    case 'sfuPrepared':
      takeSfu(draft, input.sfu);
      return { ...OK, usedSfu: draft.usedSfu };
    case 'sfuUnavailable':
      doWithoutSfu(draft);
      return OK;
    case 'silence':
      return asModerator(draft, input, () => silence(draft, input.target, input.silenced));
    case 'remove':
      return asModerator(draft, input, () => remove(draft, input.target, input.bannedUntil));
    case 'pardon':
      return asModerator(draft, input, () => pardon(draft, input.userId));
    case 'pin':
      return asModerator(draft, input, () => pin(draft, input.memberId, input.pinned));
    case 'lock':
      return asModerator(draft, input, () => lock(draft, input.locked));
    case 'end':
      return asModerator(draft, input, () => end(draft));
    case 'reassert':
      reassert(draft, input, fresh);
      return OK;
    case 'nodeLost':
      loseNode(draft, input.nodeId, input.at);
      return OK;
    case 'tick':
      return OK;
  }
}

/** What follows from time and from the room as it now is, whatever the input was. */
function settle(draft: Draft): void {
  settleMembers(draft);
  settleHealing(draft);
  settleSpeech(draft);
  if (isOver(draft.state)) return;
  settleHandover(draft);
  settleDemotion(draft);
  settleSfu(draft);
}

/** A room without members is over; a healing one may yet see its members return. */
function isOver(state: RoomState): boolean {
  return sizeOf(state) === 0 && state.healingUntil === null;
}

function ready(draft: Draft, member: Member, epoch: number): ErrorCode | null {
  const { topology } = draft.state;
  if (epoch > topology.epoch) return 'stale_epoch';
  // What is late, for a path that is over or has become the active one, says nothing new.
  if (topology.next?.epoch === epoch) draft.setMember({ ...member, readyEpoch: epoch });
  return null;
}

function asMember(
  draft: Draft,
  speaker: { memberId: string; sessionId: string },
  act: (member: Member) => ErrorCode | null | undefined,
): Result {
  const member = memberOf(draft.state, speaker);
  if (!member) return refusal('not_in_room');
  const code = act(member);
  return code ? refusal(code) : { ok: true, memberId: member.id, usedSfu: draft.usedSfu };
}

function isModeration(input: RoomInput): input is Extract<RoomInput, { by: Speaker | null }> {
  return 'by' in input;
}

function asModerator(draft: Draft, { by }: { by: Speaker | null }, act: () => ErrorCode | null): Result {
  if (!mayAsk(draft.state, by)) return refusal('not_in_room');
  const code = act();
  return code ? refusal(code) : { ok: true, memberId: by?.memberId ?? null, usedSfu: draft.usedSfu };
}

function admitted(draft: Draft, admission: string | ErrorRefusal): Result {
  if (typeof admission !== 'string') {
    const { refused: code, retryAfterMs } = admission;
    return retryAfterMs === undefined ? refusal(code) : { ok: false, code, retryAfterMs };
  }
  return { ok: true, memberId: admission, usedSfu: draft.usedSfu };
}

function refusal(code: ErrorCode): Result {
  return { ok: false, code };
}
