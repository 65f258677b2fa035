import type { ClientToServerEvents, ServerEvent, ServerToClientEvents } from '@parley/shared/protocol';
import type { Server } from 'socket.io';
import type { Audience } from '../service/audience.ts';
import type { Connection } from './connection.ts';

export type SignalingServer = Server<ClientToServerEvents, ServerToClientEvents>;

/** The connections of this node, and which of them listen to which room. */
export class Directory implements Audience {
  #io: SignalingServer;
  #connections = new Map<string, Connection>();
  /** Those whose answer to a join is still under way: their events wait for it. */
  #arriving = new Map<string, Set<Connection>>();

  constructor(io: SignalingServer) {
    this.#io = io;
  }

  get size(): number {
    return this.#connections.size;
  }

  add(connection: Connection): void {
    this.#connections.set(connection.id, connection);
  }

  remove(connection: Connection): void {
    this.#connections.delete(connection.id);
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

  arrived(roomId: string, connection: Connection): void {
    const set = this.#arriving.get(roomId);
    set?.delete(connection);
    if (set?.size === 0) this.#arriving.delete(roomId);
  }

  publish(event: ServerEvent<'room:event'>): void {
    this.#io.to(channelOf(event.roomId)).emit('room:event', event);
    for (const connection of this.#arriving.get(event.roomId) ?? []) connection.hold(event);
  }

  signal(sessionId: string, event: ServerEvent<'mesh:signal'>): boolean {
    return this.#connections.get(sessionId)?.signal(event) ?? false;
  }

  fence(sessionId: string, memberId: string, roomId: string): void {
    this.#connections.get(sessionId)?.fence(roomId, memberId);
  }
}

/** The Socket.IO room to which a room's events go. */
export function channelOf(roomId: string): string {
  return `room:${roomId}`;
}
