import {
  type ClientToServerEvents,
  ERRORS,
  type ErrorCode,
  type JoinResult,
  ParleyError,
  type ServerEvent,
  type ServerEventName,
  type ServerToClientEvents,
} from '@parley/shared/protocol';
import type { Socket } from 'socket.io';
import type { LiveSession } from '../identity/live-session.ts';
import type { User } from '../identity/user.ts';
import type { Limit, RequestLimits } from '../limits/index.ts';
import { type AnswerOptions, answer, isRequestName } from '../requests/answer.ts';
import type { Caller } from '../requests/context.ts';
import type { Fence } from '../rooms/index.ts';
import type { MemberEventName } from '../service/audience.ts';
import type { Directory } from './directory.ts';
import { type Frame, frameOf, sendFrame } from './frame.ts';

type ClientSocket = Socket<ClientToServerEvents, ServerToClientEvents>;

export interface ConnectionOptions extends Omit<AnswerOptions, 'admit'> {
  id: string;
  user: User;
  instance: string;
  region: string | undefined;
  directory: Directory;
  limits: RequestLimits;
  maxInFlight: number;
  maxRooms: number;
  onAnswer: (request: string, code: string) => void;
  onLimit: (limit: Limit) => void;
}

interface Presence {
  /** Null: about to be let in. */
  memberId: string | null;
  /** The member's epoch in which this connection took the word. */
  attachEpoch: number;
  /** Events that wait for the answer to the join; null once it is out. */
  held: ServerEvent<'room:event'>[] | null;
}

/** How long a client with too many rooms or unanswered requests waits before it tries again, in ms. */
const ROOMS_RETRY_MS = 10_000;
const UNANSWERED_RETRY_MS = 200;

/** Beyond this a client that waits for its answer does better with a snapshot, which the gap makes it ask for. */
const MAX_HELD = 1000;

/** One client's socket, from its handshake to its end. */
export class Connection implements Caller, LiveSession {
  readonly id: string;
  readonly instance: string;
  readonly region: string | undefined;
  #user: User;
  #socket: ClientSocket;
  #options: ConnectionOptions;
  #presences = new Map<string, Presence>();
  /** Room -> joinId: rooms that this connection is in, or is about to be. */
  #claims = new Map<string, string>();
  #farewells: ServerEvent<'room:closed'>[] = [];
  #inFlight = 0;

  constructor(socket: ClientSocket, options: ConnectionOptions) {
    this.id = options.id;
    this.instance = options.instance;
    this.region = options.region;
    this.#user = options.user;
    this.#socket = socket;
    this.#options = options;
    options.services.presence.connected(this.id, this.user.id);
    socket.onAny((name: unknown, ...args: unknown[]) => void this.#handle(name, args));
  }

  get user(): User {
    return this.#user;
  }

  get userId(): string {
    return this.user.id;
  }

  get isOpen(): boolean {
    return this.#socket.connected;
  }

  /** Packets not handed to the network yet: the client takes them slower than they come. */
  get backlog(): number {
    return (this.#socket.conn as unknown as { writeBuffer: unknown[] }).writeBuffer.length;
  }

  /** Ends the connection as the network would: the client comes back and resumes. */
  drop(): void {
    this.#socket.conn.close(true);
  }

  send(frame: Frame): void {
    sendFrame(this.#socket, frame);
  }

  tell<E extends ServerEventName>(name: E, event: ServerEvent<E>): void {
    if (this.isOpen) this.send(frameOf(name, event));
  }

  memberIn(roomId: string): string | undefined {
    return this.#presences.get(roomId)?.memberId ?? undefined;
  }

  claim(roomId: string, joinId: string): boolean {
    const held = this.#claims.get(roomId);
    if (held !== undefined) return held === joinId;
    if (this.#claims.size >= this.#options.maxRooms) {
      this.#refuse('user_rooms', 'In too many rooms at once; leave one.', ROOMS_RETRY_MS);
    }
    this.#claims.set(roomId, joinId);
    return true;
  }

  disclaim(roomId: string): void {
    if (this.memberIn(roomId) === undefined) this.exit(roomId);
  }

  expect(roomId: string): void {
    if (this.#presences.has(roomId)) return;
    this.#presences.set(roomId, { memberId: null, attachEpoch: 0, held: [] });
    this.#options.directory.arriving(roomId, this);
  }

  enter(roomId: string, { id: memberId, joinId, attachEpoch }: Parameters<Caller['enter']>[1]): void {
    // Another connection may have taken the membership away, and the claim with it, while this one was let in again.
    this.#claims.set(roomId, joinId);
    const presence = this.#presences.get(roomId);
    const isBack = presence?.memberId === memberId;
    this.#presences.set(roomId, { memberId, attachEpoch, held: isBack ? presence.held : (presence?.held ?? []) });
    if (isBack) return;
    this.#options.directory.arriving(roomId, this);
    this.#options.services.presence.entered(this.id, roomId);
  }

  exit(roomId: string): void {
    this.#presences.delete(roomId);
    this.#claims.delete(roomId);
    this.#options.directory.left(roomId, this);
    this.#options.services.presence.exited(this.id, roomId);
  }

  hold(event: ServerEvent<'room:event'>): void {
    const held = this.#presences.get(event.roomId)?.held;
    if (held && held.length < MAX_HELD) held.push(event);
  }

  tellMember<E extends MemberEventName>(name: E, event: ServerEvent<E>): boolean {
    if (!this.isOpen || this.memberIn(event.roomId) === undefined) return false;
    this.send(frameOf(name, event));
    return true;
  }

  /** Another connection speaks for the member now, or they are no longer one. */
  fence(roomId: string, memberId: string, fence: Fence): void {
    const presence = this.#presences.get(roomId);
    if (presence?.memberId !== memberId) return;
    const { code } = fence;
    if (code === 'conflict' && presence.attachEpoch > fence.attachEpoch) return;
    this.exit(roomId);
    const message = code === 'conflict' ? 'The room was entered again by another connection.' : ERRORS[code].message;
    // Who still waits for the answer to their join learns that it is over after it.
    if (presence.held) this.#farewells.push({ roomId, code, message });
    else this.#socket.emit('room:closed', { roomId, code, message });
  }

  renew(user: User): void {
    this.#user = user;
  }

  shut(roomId: string, code: ErrorCode): void {
    this.exit(roomId);
    this.#socket.emit('room:closed', { roomId, code, message: ERRORS[code].message });
  }

  close(code: ErrorCode, message: string = ERRORS[code].message): void {
    this.#socket.emit('session:closed', { code, message });
    this.#socket.disconnect(true);
  }

  get presences(): { roomId: string; memberId: string }[] {
    return [...this.#presences].flatMap(([roomId, { memberId }]) => (memberId === null ? [] : [{ roomId, memberId }]));
  }

  /** The socket is gone. Returns who spoke through it. @param dropped without a word from either side */
  end(dropped: boolean): { roomId: string; memberId: string }[] {
    this.#options.services.presence.disconnected(this.id, dropped);
    this.#options.services.matching.matchmaker.disconnected(this.id);
    const { presences } = this;
    for (const roomId of [...this.#presences.keys()]) this.exit(roomId);
    this.#claims.clear();
    return presences;
  }

  async #handle(name: unknown, args: unknown[]): Promise<void> {
    const ack = args.at(-1);
    const { onAnswer, limits, maxInFlight } = this.#options;
    const request = isRequestName(name) ? name : undefined;
    const label = request ?? 'unknown';
    // Without an acknowledgement there is nobody to tell, and nothing that may change unseen. It counts all the same.
    if (typeof ack !== 'function') return limits.admit(this, request).catch(() => {});
    const isOneTooMany = this.#inFlight >= maxInFlight;
    this.#inFlight++;
    const input = args.length === 2 ? args[0] : undefined;
    const admit = async () => {
      await limits.admit(this, request);
      if (isOneTooMany) this.#refuse('unanswered', 'Too many requests are unanswered.', UNANSWERED_RETRY_MS);
    };
    const result = await answer(this, name, input, { ...this.#options, admit });
    this.#inFlight--;
    onAnswer(label, result.ok ? 'ok' : result.error.code);
    ack(result);
    if (label === 'room:join' || label === 'room:resume') {
      if (result.ok) this.#settleIn((result.data as JoinResult).snapshot);
      for (const farewell of this.#farewells.splice(0)) this.#socket.emit('room:closed', farewell);
    }
  }

  #refuse(limit: Limit, message: string, retryAfterMs: number): never {
    this.#options.onLimit(limit);
    throw new ParleyError('rate_limited', message, { retryAfterMs });
  }

  /** The answer to a join is out: what happened after the snapshot in it follows, and then what happens. */
  #settleIn({ roomId, seq: told }: JoinResult['snapshot']): void {
    const presence = this.#presences.get(roomId);
    if (!presence?.held) return;
    const { held } = presence;
    presence.held = null;
    this.#options.directory.arrived(roomId, this);
    for (const event of held) if (event.seq > told) this.#socket.emit('room:event', event);
  }
}
