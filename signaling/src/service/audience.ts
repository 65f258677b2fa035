import type { ServerEvent, ServerEventName } from '@parley/shared/protocol';
import type { User } from '../identity/user.ts';
import type { Fence, Member, Speaker } from '../rooms/index.ts';

/** What is told to one member, and not to the room. */
export type MemberEventName = 'mesh:signal' | 'sfu:lost';

/** Who of the rooms' members is connected to this node, and how to reach them. */
export interface Audience {
  /** To every member of the room that is here. */
  publish(event: ServerEvent<'room:event'>): void;
  /** To every connection that is here, in a room or not. */
  announce<E extends ServerEventName>(name: E, event: ServerEvent<E>): void;
  /** To one connection; false when it is not here or no longer in that room. */
  tellMember<E extends MemberEventName>(sessionId: string, name: E, event: ServerEvent<E>): boolean;
  /** Ends a connection as the network would: its client comes back, and resumes. */
  drop(sessionId: string): void;
  /** The connection no longer speaks for the member: another one does, or a moderator said so. */
  fence(sessionId: string, memberId: string, roomId: string, fence: Fence): void;
}

/** Who of this node's connections is in which room. */
export interface Attendance {
  /** Whether anyone here is in the room, or about to be. */
  has(roomId: string): boolean;
  /** The members for whom connections of this node speak. */
  speakersIn(roomId: string): Speaker[];
  /** Names of the rooms that anyone here is in. */
  roomIds(): string[];
  /** Ends a connection as the network would: its client comes back, and resumes. */
  drop(sessionId: string): void;
}

/** One client's connection, as the domain sees it. */
export interface Session {
  readonly id: string;
  readonly user: User;
  /** Where it says it is. */
  readonly region: string | undefined;
  /** False once the connection is gone. */
  readonly isOpen: boolean;
  /** Reserves the room for one membership; false when this connection has another one there, or too many in all. */
  claim(roomId: string, joinId: string): boolean;
  /** Gives the reservation back, unless the connection is in the room. */
  disclaim(roomId: string): void;
  /** Room events are kept for this connection from now on: it is about to be let in. */
  expect(roomId: string): void;
  /** It is in: what was kept follows the answer of the request under way, and then what happens. */
  enter(roomId: string, member: Pick<Member, 'id' | 'joinId' | 'attachEpoch'>): void;
  exit(roomId: string): void;
  /** Tells the client something that is of no room. */
  tell<E extends ServerEventName>(name: E, event: ServerEvent<E>): void;
}
