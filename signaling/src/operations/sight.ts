import { type OperationsInput, type OperationsView, SHOWN_MAX, type ViewChange } from '@parley/shared/operations';
import { byCodeUnit, type Clock, withDeadline } from '@parley/shared/runtime';
import { placementOf } from '../http/admin/handlers/show-room.ts';
import type { AdminServices } from '../http/admin/route.ts';
import { membersOf, type RoomState, type SfuPath, sfuPathsOf, sizeOf, snapshotOf } from '../rooms/index.ts';
import type { Bulletins } from './bulletins.ts';

/** What an operator looks at. */
export type Watch = OperationsInput<'watch'>;

export interface SightOptions extends Pick<AdminServices, 'rooms' | 'sfu'> {
  bulletins: Pick<Bulletins, 'nodes' | 'quality' | 'silences'>;
  clock: Clock;
}

/** The names of all rooms are asked for again only after so many times what that took: at most 5 % of the time. */
const PATIENCE = 20;

/** How long a node is given to say where a room is, in ms: all who look on wait for it, whatever they look at. */
const INSPECT_MS = 500;

type Rooms = Pick<OperationsView, 'rooms' | 'room'> & { isStoreUp: true };

/** Looks at the whole platform, through what its nodes have in common. */
export class Sight {
  readonly #options: SightOptions;
  #names: readonly string[] = [];
  /** The same in small letters, once somebody has looked for a part of one. */
  #lowered: readonly string[] | null = null;
  #namesUntil = 0;

  constructor(options: SightOptions) {
    this.#options = options;
  }

  /** One look for all: what each is to see, in their order. What they have in common is looked at once. */
  async look(watches: readonly Watch[]): Promise<ViewChange[]> {
    const { bulletins } = this.#options;
    const signalingNodes = bulletins.nodes();
    const isKnown = await this.#refreshNames();
    const sum = (what: 'connections' | 'participants') =>
      signalingNodes.reduce((total, node) => total + (node[what] ?? 0), 0);
    const common = {
      totals: { rooms: this.#names.length, participants: sum('participants'), connections: sum('connections') },
      signalingNodes: signalingNodes.slice(0, SHOWN_MAX.signalingNodes),
      sfuNodes: this.#sfuNodes(),
      quality: bulletins.quality(),
      silences: bulletins.silences(),
    };
    const reading = new Reading(this.#options);
    return Promise.all(
      watches.map(async (watch) => {
        const rooms: Rooms | { isStoreUp: false } = isKnown
          ? await this.#rooms(watch, reading).catch(() => ({ isStoreUp: false }) as const)
          : { isStoreUp: false };
        return { ...common, ...rooms };
      }),
    );
  }

  async #rooms({ filter, roomId }: Watch, reading: Reading): Promise<Rooms> {
    const matching = this.#matching(filter);
    const states = await Promise.all(matching.slice(0, SHOWN_MAX.rooms).map((id) => reading.state(id)));
    const list = states.filter((state) => state !== null).map(summaryOf);
    const room = roomId === null ? null : await reading.detail(roomId);
    return { isStoreUp: true, rooms: { matching: matching.length, list }, room };
  }

  #matching(filter: string): readonly string[] {
    const wanted = filter.trim().toLowerCase();
    if (!wanted) return this.#names;
    this.#lowered ??= this.#names.map((name) => name.toLowerCase());
    const lowered = this.#lowered;
    return this.#names.filter((_, i) => lowered[i]?.includes(wanted));
  }

  #sfuNodes(): OperationsView['sfuNodes'] {
    const states = this.#options.sfu.states().sort((a, b) => byCodeUnit(a.nodeId, b.nodeId));
    let workers = 0;
    return states.slice(0, SHOWN_MAX.sfuNodes).map(({ pool = [], ...state }) => {
      workers += pool.length;
      return workers <= SHOWN_MAX.workers && pool.length > 0 ? { ...state, pool } : state;
    });
  }

  /** @returns whether the store has answered. */
  async #refreshNames(): Promise<boolean> {
    const { rooms, clock } = this.#options;
    const begun = clock.now();
    if (begun < this.#namesUntil) return true;
    try {
      this.#names = (await rooms.ids()).sort(byCodeUnit);
      this.#lowered = null;
    } catch {
      return false;
    }
    this.#namesUntil = clock.now() + PATIENCE * (clock.now() - begun);
    return true;
  }
}

/** Reads each room once, however many look at it. */
class Reading {
  readonly #options: SightOptions;
  readonly #states = new Map<string, Promise<RoomState | null>>();
  readonly #details = new Map<string, Promise<OperationsView['room']>>();

  constructor(options: SightOptions) {
    this.#options = options;
  }

  state(roomId: string): Promise<RoomState | null> {
    return once(this.#states, roomId, () => this.#options.rooms.read(roomId));
  }

  detail(roomId: string): Promise<OperationsView['room']> {
    return once(this.#details, roomId, async () => {
      const state = await this.state(roomId);
      if (!state) return null;
      const { topology, participants, locked } = snapshotOf(state);
      const nodes = new Map(membersOf(state).map(({ id, nodeId }) => [id, nodeId]));
      return {
        ...{ roomId, topology, locked, size: participants.length },
        participants: participants
          .slice(0, SHOWN_MAX.participants)
          .map((participant) => ({ ...participant, nodeId: nodes.get(participant.id) })),
        sfu: await Promise.all(sfuPathsOf(state).map((path) => this.#placement(path))),
      };
    });
  }

  #placement(path: SfuPath): ReturnType<typeof placementOf> {
    const { epoch, nodeId, sfuRoomId } = path;
    const unsaid = { epoch, nodeId, sfuRoomId, placement: null };
    return withDeadline(placementOf(path, this.#options), INSPECT_MS, 'room:inspect', this.#options.clock).catch(
      () => unsaid,
    );
  }
}

function once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const made = known.get(key) ?? make();
  known.set(key, made);
  return made;
}

function summaryOf(state: RoomState): OperationsView['rooms']['list'][number] {
  const { id: roomId, locked, topology } = state;
  const nodes = sfuPathsOf(state).map(({ nodeId }) => nodeId);
  return { roomId, participants: sizeOf(state), topology: topology.phase, locked, nodes: [...new Set(nodes)] };
}
