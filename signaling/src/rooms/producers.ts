import type { ErrorCode } from '@parley/shared/protocol';
import type { Draft } from './draft.ts';
import type { SfuPeers } from './input.ts';
import { handleOf, type Member, membersOf, type SfuPath, sfuPathAt, sfuPathsOf } from './state.ts';

/** A member sends on an SFU path. They have one microphone: an earlier producer of theirs is closed. */
export function addProducer(
  draft: Draft,
  member: Member,
  { epoch, sfuRoomId, producerId }: { epoch: number; sfuRoomId: string; producerId: string },
): ErrorCode | null {
  if (!member.canSpeak) return 'not_allowed';
  const sfu = sfuPathAt(draft.state, epoch);
  if (sfu?.sfuRoomId !== sfuRoomId) return 'stale_epoch';
  for (const earlier of producersOf(draft, member.id, epoch)) {
    if (earlier.producerId === producerId) return null;
    removeProducer(draft, member.id, earlier.producerId);
    draft.effect({ type: 'closeSfuProducer', sfu: handleOf(sfu), peerId: member.id, producerId: earlier.producerId });
  }
  const producer = { epoch, participantId: member.id, producerId };
  draft.set({ producers: [...draft.state.producers, producer] });
  draft.emit({ type: 'producerAdded', producer });
  if (member.silenced) pauseProducers(draft, member.id);
  return null;
}

/** Forgets what a member sent on the path `epoch`: the SFU closes it along with their transports. */
export function dropProducers(draft: Draft, memberId: string, epoch: number): void {
  for (const { producerId } of producersOf(draft, memberId, epoch)) removeProducer(draft, memberId, producerId);
}

/** Who may not speak sends nothing: what they sent until now, or before a restart, ends. */
export function settleSpeech(draft: Draft): void {
  const { producers, members } = draft.state;
  for (const { participantId, producerId, epoch } of producers) {
    if (members[participantId]?.canSpeak !== false) continue;
    removeProducer(draft, participantId, producerId);
    const sfu = sfuPathAt(draft.state, epoch);
    if (!sfu) continue;
    draft.effect({ type: 'closeSfuProducer', sfu: handleOf(sfu), peerId: participantId, producerId });
  }
}

/** Forgets one producer; harmless when it is gone already, or is somebody else's. */
export function removeProducer(draft: Draft, memberId: string, producerId: string): void {
  const { producers } = draft.state;
  const rest = producers.filter((it) => it.producerId !== producerId || it.participantId !== memberId);
  if (rest.length === producers.length) return;
  draft.set({ producers: rest });
  draft.emit({ type: 'producerRemoved', producerId, participantId: memberId });
}

/** Forgets producers of the SFU path `path` that the SFU no longer has. */
export function reconcileProducers(draft: Draft, path: SfuPath, peers: SfuPeers): void {
  const { producers } = draft.state;
  const alive = new Set(peers.flatMap((peer) => peer.producerIds));
  for (const { epoch, producerId, participantId } of producers) {
    if (epoch === path.epoch && !alive.has(producerId)) removeProducer(draft, participantId, producerId);
  }
  // What could not be said while the link was away.
  for (const member of membersOf(draft.state)) if (member.silenced) pauseProducers(draft, member.id);
}

/** Has the SFU let nothing of a member's through. It is for them to resume once they have the word again. */
export function pauseProducers(draft: Draft, memberId: string): void {
  for (const path of sfuPathsOf(draft.state)) {
    for (const { producerId } of producersOf(draft, memberId, path.epoch)) {
      draft.effect({ type: 'pauseSfuProducer', sfu: handleOf(path), peerId: memberId, producerId });
    }
  }
}

/** What the peers of an SFU room that is taken over send there. */
export function producersOn(sfu: SfuPath, peers: SfuPeers) {
  return peers.flatMap(({ peerId, producerIds }) =>
    producerIds.map((producerId) => ({ epoch: sfu.epoch, participantId: peerId, producerId })),
  );
}

function producersOf(draft: Draft, memberId: string, epoch: number) {
  return draft.state.producers.filter((it) => it.participantId === memberId && it.epoch === epoch);
}
