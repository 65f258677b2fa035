import type { AppEvent, ServerEvent, ServerEventName } from '@parley/shared/protocol';
import type { AppEventAudience } from '../app-events/app-events.ts';
import type { PresenceAudience, PresenceChanged } from '../presence/audience.ts';
import type { Fence, Speaker } from '../rooms/index.ts';
import type { Attendance, Audience, MemberEventName } from '../service/audience.ts';
import { Channel } from './channel.ts';
import type { Connection } from './connection.ts';
import { FanOut } from './fan-out.ts';
import { type Frame, frameOf } from './frame.ts';

/** A client takes some 10 µs to write to: larger audiences are told in pieces, so that nobody else waits for long. */
const CHUNK = 500;
/** At most this many events wait for their audience, each with one copy of its text. */
const MAX_WAITING = 1_000;
/** Who is further behind than that is spared news of presence, sees the gap, and watches anew. */
const PRESENCE_BACKLOG = 100;

/** The connections of this node, and which of them listen to which room. */
export class Directory implements Audience, Attendance, PresenceAudience, AppEventAudience {
  #connections = new Map<string, Connection>();
  #everyone = new Channel<Connection>();
  #rooms = new Map<string, Channel<Connection>>();
  #users = new Map<string, Connection[]>();
  #watchers = new Channel<Connection>();
  /** Those whose answer to a join is still under way: their events wait for it. */
  #arriving = new Map<string, Set<Connection>>();
  #onTold: (ms: number) => void;
  #fanOut = new FanOut<Connection>({ chunk: CHUNK, maxWaiting: MAX_WAITING, defer: setImmediate });

  /** @param onTold how long it took to hand an event to all its audience here, in ms */
  constructor(onTold: (ms: number) => void = () => {}) {
    this.#onTold = onTold;
  }

  get size(): number {
    return this.#connections.size;
  }

  add(connection: Connection): void {
    this.#connections.set(connection.id, connection);
    this.#everyone.add(connection);
    this.#users.set(connection.userId, [...(this.#users.get(connection.userId) ?? []), connection]);
  }

  remove(connection: Connection): void {
    this.#connections.delete(connection.id);
    this.#everyone.delete(connection);
    const others = this.#users.get(connection.userId)?.filter((other) => other !== connection) ?? [];
    if (others.length > 0) this.#users.set(connection.userId, others);
    else this.#users.delete(connection.userId);
    this.#watchers.delete(connection);
  }

  /** Drops those who are further behind than that. */
  dropSlow(maxBacklog: number): Connection[] {
    const slow = [...this.#connections.values()].filter(({ backlog }) => backlog > maxBacklog);
    for (const connection of slow) connection.drop();
    return slow;
  }

  arriving(roomId: string, connection: Connection): void {
    let set = this.#arriving.get(roomId);
    if (!set) {
      set = new Set();
      this.#arriving.set(roomId, set);
    }
    set.add(connection);
  }

  /** The answer is out: the connection hears what happens in the room from now on. */
  arrived(roomId: string, connection: Connection): void {
    this.#cease(roomId, connection);
    let channel = this.#rooms.get(roomId);
    if (!channel) {
      channel = new Channel();
      this.#rooms.set(roomId, channel);
    }
    channel.add(connection);
  }

  left(roomId: string, connection: Connection): void {
    this.#cease(roomId, connection);
    const channel = this.#rooms.get(roomId);
    channel?.delete(connection);
    if (channel?.size === 0) this.#rooms.delete(roomId);
  }

  has(roomId: string): boolean {
    return this.#rooms.has(roomId) || this.#arriving.has(roomId);
  }

  speakersIn(roomId: string): Speaker[] {
    const here = [...(this.#rooms.get(roomId)?.listeners() ?? []), ...(this.#arriving.get(roomId) ?? [])];
    return here.flatMap((connection) => {
      const memberId = connection.memberIn(roomId);
      return memberId === undefined ? [] : [{ memberId, sessionId: connection.id }];
    });
  }

  roomIds(): string[] {
    return [...this.#rooms.keys()];
  }

  publish(event: ServerEvent<'room:event'>): void {
    this.#tell(this.#rooms.get(event.roomId), 'room:event', event);
    for (const connection of this.#arriving.get(event.roomId) ?? []) connection.hold(event);
  }

  announce<E extends ServerEventName>(name: E, event: ServerEvent<E>): void {
    this.#tell(this.#everyone, name, event);
  }

  tellRoom(roomId: string, event: AppEvent): void {
    this.#tell(this.#rooms.get(roomId), 'app:event', event);
  }

  tellUser(userId: string, event: AppEvent): void {
    for (const connection of this.#users.get(userId) ?? []) connection.send(frameOf('app:event', event));
  }

  tellMember<E extends MemberEventName>(sessionId: string, name: E, event: ServerEvent<E>): boolean {
    return this.#connections.get(sessionId)?.tellMember(name, event) ?? false;
  }

  drop(sessionId: string): void {
    this.#connections.get(sessionId)?.drop();
  }

  fence(sessionId: string, memberId: string, roomId: string, fence: Fence): void {
    this.#connections.get(sessionId)?.fence(roomId, memberId, fence);
  }

  tell(connectionId: string, event: PresenceChanged): void {
    const connection = this.#connections.get(connectionId);
    if (connection && connection.backlog <= PRESENCE_BACKLOG) connection.send(frameOf('presence:changed', event));
  }

  admit(connectionId: string): void {
    const connection = this.#connections.get(connectionId);
    if (connection) this.#watchers.add(connection);
  }

  dismiss(connectionId: string): void {
    const connection = this.#connections.get(connectionId);
    if (connection) this.#watchers.delete(connection);
  }

  tellAll(event: PresenceChanged): void {
    if (this.#watchers.size === 0) return;
    const frame = frameOf('presence:changed', event);
    this.#fanOut.publish(this.#watchers, (connection) => {
      if (connection.backlog <= PRESENCE_BACKLOG) connection.send(frame);
    });
  }

  /** Nobody is told anything any more. */
  close(): void {
    this.#fanOut.close();
  }

  #tell<E extends ServerEventName>(channel: Channel<Connection> | undefined, name: E, event: ServerEvent<E>): void {
    if (!channel || channel.size === 0) return;
    const since = performance.now();
    const frame: Frame = frameOf(name, event);
    this.#fanOut.publish(
      channel,
      (connection) => connection.send(frame),
      () => this.#onTold(performance.now() - since),
    );
  }

  #cease(roomId: string, connection: Connection): void {
    const set = this.#arriving.get(roomId);
    set?.delete(connection);
    if (set?.size === 0) this.#arriving.delete(roomId);
  }
}
