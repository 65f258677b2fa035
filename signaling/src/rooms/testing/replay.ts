import type { RoomSnapshot } from '@parley/shared/protocol';
import type { DomainEvent } from '../input.ts';

export type View = Omit<RoomSnapshot, 'topologyToken'>;

/** What a client makes of an event: the snapshot it would have been given after it. */
export function replay(view: View, { seq, event }: { seq: number; event: DomainEvent }): View {
  const next = { ...view, seq };
  switch (event.type) {
    case 'participantJoined':
      return { ...next, participants: [...view.participants, event.participant] };
    case 'participantLeft':
      return {
        ...next,
        participants: view.participants.filter(({ id }) => id !== event.participantId),
        producers: view.producers.filter(({ participantId }) => participantId !== event.participantId),
      };
    case 'participantUpdated':
      return {
        ...next,
        participants: view.participants.map((it) => (it.id === event.participant.id ? event.participant : it)),
      };
    case 'topologyChanged': {
      const { active, next: pending } = event.topology;
      const isAlive = ({ epoch }: { epoch: number }) => epoch === active.epoch || epoch === pending?.epoch;
      return {
        ...next,
        topology: event.topology,
        producers: view.producers.filter(isAlive),
        slots: view.slots.filter(isAlive),
      };
    }
    case 'producerAdded':
      return { ...next, producers: [...view.producers, event.producer] };
    case 'producerRemoved':
      return { ...next, producers: view.producers.filter(({ producerId }) => producerId !== event.producerId) };
    case 'slotsChanged': {
      const { slots } = event;
      const others = view.slots.filter(({ epoch }) => epoch !== slots.epoch);
      const all = slots.producerIds.length > 0 ? [...others, slots] : others;
      return { ...next, slots: all.sort((a, b) => a.epoch - b.epoch) };
    }
    case 'roomUpdated':
      return { ...next, locked: event.locked, pinned: event.pinned };
    case 'healed':
      return { ...next, healing: false };
  }
}
