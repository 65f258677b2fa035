import type { TopologyReason } from '@parley/shared/protocol';
import { type DomainEvent, membersOf, type RoomState, sizeOf } from '../rooms/index.ts';
import type { RoomStore } from '../store/room-store.ts';
import type { Instruments } from './instruments.ts';

const PHASES = ['mesh', 'promoting', 'sfu', 'moving', 'demoting'] as const;
const REASONS: Record<TopologyReason, true> = {
  full: true,
  requested: true,
  quiet: true,
  completed: true,
  aborted: true,
  sfu_lost: true,
  rebalanced: true,
};
const LEAVE_REASONS = ['left', 'timeout', 'removed'] as const;
/** Upper bounds of the size classes. */
const SIZES = [1, 2, 4, 8, 12, 25, 50, 100, 250] as const;
const SIZE_CLASSES = [
  ...SIZES.map((most, i) => (most - (SIZES[i - 1] ?? 0) > 1 ? `${(SIZES[i - 1] ?? 0) + 1}-${most}` : `${most}`)),
  `${SIZES[SIZES.length - 1]}+`,
];

/** Rooms and who comes and goes. Every room and everyone is counted by one node: over all nodes the gauges add up. */
export class RoomMetrics {
  #store: RoomStore;
  #nodeId: string;
  #joined: () => void;
  #left: (reason: string) => void;
  #changed: (reason: string) => void;

  constructor(instruments: Instruments, { store, nodeId }: { store: RoomStore; nodeId: string }) {
    this.#store = store;
    this.#nodeId = nodeId;
    const joins = instruments.counter({
      name: 'parley_joins_total',
      help: 'Participants who came into a room',
      labels: {},
      start: true,
    });
    const leaves = instruments.counter({
      name: 'parley_leaves_total',
      help: 'Participants who went, by reason',
      labels: { reason: LEAVE_REASONS },
      start: true,
    });
    const transitions = instruments.counter({
      name: 'parley_topology_transitions_total',
      help: 'Changes of a room topology by reason',
      labels: { reason: Object.keys(REASONS) },
      start: true,
    });
    this.#joined = () => joins({});
    this.#left = (reason) => leaves({ reason });
    this.#changed = (reason) => transitions({ reason });
    const phase = { phase: PHASES };
    instruments.gauge({ name: 'parley_rooms', help: 'Rooms by phase of their topology', labels: phase }, () => {
      const counts = new Map<string, number>(PHASES.map((it) => [it, 0]));
      for (const { topology } of this.#rooms()) counts.set(topology.phase, (counts.get(topology.phase) ?? 0) + 1);
      return [...counts].map(([of, count]) => [{ phase: of }, count]);
    });
    instruments.gauge(
      { name: 'parley_rooms_by_size', help: 'Rooms by how many are in them', labels: { size: SIZE_CLASSES } },
      () => {
        const counts = new Map(SIZE_CLASSES.map((it) => [it, 0]));
        for (const room of this.#rooms()) {
          const size = sizeClass(sizeOf(room));
          counts.set(size, (counts.get(size) ?? 0) + 1);
        }
        return [...counts].map(([size, count]) => [{ size }, count]);
      },
    );
    instruments.number(
      'parley_participants',
      'Participants in rooms, connected or expected back',
      () => this.participants,
    );
  }

  /** Participants whose connection this node holds. */
  get participants(): number {
    return this.#store.followed().reduce((sum, room) => sum + this.#ownIn(room), 0);
  }

  happened(event: DomainEvent): void {
    if (event.type === 'participantJoined') this.#joined();
    if (event.type === 'participantLeft') this.#left(event.reason);
    if (event.type === 'topologyChanged') this.#changed(event.reason);
  }

  /** The rooms whose first member is connected to this node. */
  #rooms(): RoomState[] {
    return this.#store.followed().filter((room) => {
      const [first] = membersOf(room).sort((a, b) => (a.id < b.id ? -1 : 1));
      return first === undefined || first.nodeId === this.#nodeId;
    });
  }

  #ownIn(room: RoomState): number {
    return membersOf(room).filter(({ nodeId }) => nodeId === this.#nodeId).length;
  }
}

function sizeClass(size: number): string {
  const index = SIZES.findIndex((most) => size <= most);
  return SIZE_CLASSES[index === -1 ? SIZES.length : index] as string;
}
