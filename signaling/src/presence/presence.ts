import { ParleyError, type RequestOutput } from '@parley/shared/protocol';
import type { Clock, Logger } from '@parley/shared/runtime';
import type { Bus } from '../cluster/bus.ts';
import type { PresenceStore } from '../store/presence-store.ts';
import { Attendance } from './attendance.ts';
import type { PresenceAudience } from './audience.ts';
import { Bulletin } from './bulletin.ts';
import type { PresenceSettings } from './configuration.ts';
import { Page } from './page.ts';
import { Replicas } from './replicas.ts';
import { Watches } from './watches.ts';
import { Whereabouts } from './whereabouts.ts';

/** Rooms that matchmaking made: nobody is to find someone by them. */
const HIDDEN_ROOMS = 'match:';

export interface PresenceOptions extends PresenceSettings {
  audience: PresenceAudience;
  bus: Bus;
  store: PresenceStore;
  clock: Clock;
  logger: Logger;
  newId: () => string;
  /** What another node says of its users had to be read anew. */
  onRepair: () => void;
}

/**
 * Who is online, and in which rooms. This node owns the truth about its own connections (`Attendance`), publishes it
 * (`Bulletin`), follows what the others publish (`Replicas`), sees all of it as one (`Whereabouts`), and tells those
 * who watch (`Watches`).
 */
export class Presence {
  readonly #isOn: boolean;
  readonly #attendance: Attendance;
  readonly #bulletin: Bulletin;
  readonly #replicas: Replicas;
  readonly #whereabouts: Whereabouts;
  readonly #watches: Watches;

  constructor({ isOn, audience, bus, store, clock, logger, newId, intervalMs, graceMs, onRepair }: PresenceOptions) {
    this.#isOn = isOn;
    this.#whereabouts = new Whereabouts((userId) => this.#watches.changed(userId));
    this.#watches = new Watches({ whereabouts: this.#whereabouts, audience, clock, intervalMs });
    const common = { whereabouts: this.#whereabouts, bus, store, clock, logger };
    this.#replicas = new Replicas({
      ...common,
      graceMs,
      onSeen: (userId) => this.#attendance.seenElsewhere(userId),
      onRepair,
    });
    this.#attendance = new Attendance({
      clock,
      graceMs,
      isElsewhere: (userId) => this.#replicas.has(userId),
      onChanged: (userId) => this.#bulletin.changed(userId),
    });
    this.#bulletin = new Bulletin({
      ...common,
      page: new Page(bus.nodeId, newId()),
      roomsOf: (userId) => this.#attendance.roomsOf(userId),
      onOnline: (userId) => this.#replicas.seen(userId),
    });
    if (!isOn) this.close();
  }

  /** Users online at all nodes. */
  get users(): number {
    return this.#whereabouts.size;
  }

  /** The rooms of a user, at all nodes; null: not online. */
  roomsOf(userId: string): readonly string[] | null {
    return this.#whereabouts.get(userId);
  }

  get watches(): number {
    return this.#watches.size;
  }

  connected(connectionId: string, userId: string): void {
    if (this.#isOn) this.#attendance.opened(connectionId, userId);
  }

  entered(connectionId: string, roomId: string): void {
    if (!roomId.startsWith(HIDDEN_ROOMS)) this.#attendance.entered(connectionId, roomId);
  }

  exited(connectionId: string, roomId: string): void {
    this.#attendance.exited(connectionId, roomId);
  }

  /** @param dropped without a word, so that the user may be back in a moment */
  disconnected(connectionId: string, dropped: boolean): void {
    this.#watches.closed(connectionId);
    this.#attendance.closed(connectionId, dropped);
  }

  nodeUp(nodeId: string): void {
    if (this.#isOn) this.#replicas.nodeUp(nodeId);
  }

  nodeDown(nodeId: string): void {
    if (this.#isOn) this.#replicas.nodeDown(nodeId);
  }

  /** @throws {ParleyError} `not_allowed` where presence is off, `conflict` with too many watches */
  watch(connectionId: string, userIds: readonly string[] | undefined): RequestOutput<'presence:watch'> {
    if (!this.#isOn) throw new ParleyError('not_allowed', 'Presence is turned off here.');
    return this.#watches.watch(connectionId, userIds);
  }

  unwatch(connectionId: string, watchId: string): void {
    this.#watches.unwatch(connectionId, watchId);
  }

  /** Says nothing more; the other nodes find out by themselves who is gone. */
  close(): void {
    this.#bulletin.close();
    this.#replicas.close();
    this.#attendance.close();
    this.#watches.close();
  }
}
