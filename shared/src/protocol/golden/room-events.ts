import type { RoomEvent } from '../events.ts';
import type { Golden } from './golden.ts';

const participant = {
  id: 'a',
  userId: 'guest:a',
  name: 'Ann',
  metadata: {},
  muted: false,
  deafened: false,
  silenced: false,
  connection: 'connected',
  canSpeak: true,
  canListen: true,
};
const topology = { phase: 'sfu', epoch: 3, active: { kind: 'sfu', epoch: 2 }, next: null };
const turn = { type: 'topologyChanged', topology, topologyToken: 'c.d', reason: 'completed' };

export const roomEvents: { [T in RoomEvent['type']]: Golden } = {
  participantJoined: {
    good: [
      { type: 'participantJoined', participant },
      {
        type: 'participantJoined',
        participant: { ...participant, metadata: { team: 'red', ключ: '' }, canSpeak: false, canListen: false },
      },
    ],
    bad: [
      [{ type: 'participantJoined' }, 'participant'],
      [{ type: 'participantJoined', participant: { ...participant, connection: 'gone' } }, 'participant.connection'],
      [{ type: 'participantJoined', participant: { ...participant, userId: 'a\nb' } }, 'participant.userId'],
      [{ type: 'participantJoined', participant: { ...participant, metadata: { a: 1 } } }, 'participant.metadata.a'],
      [
        {
          type: 'participantJoined',
          participant: { ...participant, metadata: { a: 'x'.repeat(512), b: 'x'.repeat(512) } },
        },
        'participant.metadata',
      ],
      [
        {
          type: 'participantJoined',
          participant: { ...participant, metadata: Object.fromEntries([...Array(17).keys()].map((key) => [key, ''])) },
        },
        'participant.metadata',
      ],
      [{ type: 'participantJoined', participant: { ...participant, canSpeak: undefined } }, 'participant.canSpeak'],
      [{ type: 'participantJoined', participant: { ...participant, silenced: null } }, 'participant.silenced'],
    ],
  },
  participantLeft: {
    good: ['left', 'timeout', 'removed'].map((reason) => ({ type: 'participantLeft', participantId: 'a', reason })),
    bad: [
      [{ type: 'participantLeft', participantId: 'a', reason: 'bored' }, 'reason'],
      [{ type: 'participantLeft', reason: 'left' }, 'participantId'],
    ],
  },
  participantUpdated: {
    good: [{ type: 'participantUpdated', participant: { ...participant, connection: 'reconnecting' } }],
    bad: [[{ type: 'participantUpdated', participant: { ...participant, id: '' } }, 'participant.id']],
  },
  topologyChanged: {
    good: [
      turn,
      {
        ...turn,
        topology: { phase: 'promoting', epoch: 2, active: { kind: 'mesh', epoch: 1 }, next: { kind: 'sfu', epoch: 2 } },
        reason: 'full',
      },
      {
        ...turn,
        topology: { phase: 'moving', epoch: 4, active: { kind: 'sfu', epoch: 2 }, next: { kind: 'sfu', epoch: 4 } },
        reason: 'rebalanced',
      },
    ],
    bad: [
      [{ ...turn, reason: 'whim' }, 'reason'],
      [{ ...turn, topology: { ...topology, phase: 'star' } }, 'topology.phase'],
      [{ ...turn, topology: { ...topology, next: { kind: 'sfu' } } }, 'topology.next.epoch'],
      [{ ...turn, topologyToken: undefined }, 'topologyToken'],
    ],
  },
  producerAdded: {
    good: [{ type: 'producerAdded', producer: { epoch: 2, participantId: 'a', producerId: 'p' } }],
    bad: [[{ type: 'producerAdded', producer: { epoch: 2, participantId: 'a' } }, 'producer.producerId']],
  },
  producerRemoved: {
    good: [{ type: 'producerRemoved', producerId: 'p', participantId: 'a' }],
    bad: [[{ type: 'producerRemoved', producerId: 'p' }, 'participantId']],
  },
  slotsChanged: {
    good: [
      { type: 'slotsChanged', slots: { epoch: 2, producerIds: ['p', 'q'] } },
      { type: 'slotsChanged', slots: { epoch: 2, producerIds: [] } },
    ],
    bad: [
      [{ type: 'slotsChanged' }, 'slots'],
      [{ type: 'slotsChanged', slots: { epoch: 0, producerIds: [] } }, 'slots.epoch'],
      [{ type: 'slotsChanged', slots: { epoch: 2 } }, 'slots.producerIds'],
      [{ type: 'slotsChanged', slots: { epoch: 2, producerIds: ['p', ''] } }, 'slots.producerIds.1'],
    ],
  },
  roomUpdated: {
    good: [
      { type: 'roomUpdated', locked: true, pinned: [] },
      { type: 'roomUpdated', locked: false, pinned: ['a', 'b'] },
    ],
    bad: [
      [{ type: 'roomUpdated', pinned: [] }, 'locked'],
      [{ type: 'roomUpdated', locked: true }, 'pinned'],
      [{ type: 'roomUpdated', locked: true, pinned: ['a', ''] }, 'pinned.1'],
    ],
  },
  healed: { good: [{ type: 'healed' }], bad: [[{ type: 'healing' }, 'type']] },
};
