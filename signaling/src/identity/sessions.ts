import { type ErrorCode, ParleyError, type RequestOutput } from '@parley/shared/protocol';
import type { Clock, Logger, Timer } from '@parley/shared/runtime';
import type { Bus } from '../cluster/bus.ts';
import type { BusMessageOf } from '../cluster/messages.ts';
import type { Speaker } from '../rooms/index.ts';
import type { Session } from '../service/audience.ts';
import type { Held, Holder, UserStore } from '../store/user-store.ts';
import { Lifetime } from './lifetime.ts';
import type { LiveSession, Presence } from './live-session.ts';
import { mayEnter, type User } from './user.ts';

/** What sessions ask of rooms. */
export interface Rooms {
  leave(session: Session, roomId: string, speaker: Speaker): Promise<void>;
  disconnect(roomId: string, speaker: Speaker): Promise<void>;
  renew(session: Session, roomId: string, speaker: Speaker): Promise<void>;
}

export interface SessionsOptions {
  users: UserStore;
  rooms: Rooms;
  verify: (token: string) => Promise<User>;
  bus: Bus;
  clock: Clock;
  logger: Logger;
  /** How long before its token ends a client is told, in ms. */
  warningMs: number;
  /** How long someone whose connection dropped keeps their rooms, in ms. */
  resumeWindowMs: number;
  /** How often this node tells the store who is connected here: one that has lost it knows again soon. Null: never. */
  reassertMs: number | null;
  onEnded: (code: ErrorCode) => void;
}

interface Entry {
  session: LiveSession;
  /** Null: what proves the user holds for good. */
  lifetime: Lifetime | null;
  /** When it became its user's connection; 0: it is about to. */
  epoch: number;
  /** It has been told that it is over: its rooms are left, not kept for a resume. */
  over: boolean;
}

/** A connection that dropped, whose client may yet come back to its rooms. */
interface Departed {
  session: LiveSession;
  presences: Presence[];
  timer: Timer;
}

/** An older connection of a client that has made a new one ends after this: until then rooms move over without a gap. */
const SUPERSEDED_MS = 10_000;
const REASSERT_AT_ONCE = 64;

/**
 * Connections and whose they are: a user has one, the newest, across nodes; it lasts as long as what proves the user;
 * and what that says holds in the rooms they are in.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #live = new Map<string, Entry>();
  /** User -> their newest connection here. */
  readonly #byUser = new Map<string, Entry>();
  readonly #departed = new Map<string, Departed>();
  readonly #unsubscribe: () => void;
  #timer: Timer | undefined;
  #reasserting: Promise<void> | undefined;
  /** It was asked for again meanwhile: what has been told already may be lost. */
  #reassertAgain = false;
  #closed = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#unsubscribe = options.bus.on('sessionFence', (message) => this.#fenced(message));
    this.#reassertLater();
  }

  /** A connection has come. Whatever the store says or does not, it stays, and is welcomed. */
  async opened(session: LiveSession, token: string | null): Promise<void> {
    const entry: Entry = { session, lifetime: null, epoch: 0, over: false };
    this.#live.set(session.id, entry);
    this.#byUser.set(session.user.id, entry);
    this.#limit(entry);
    await this.#claim(entry);
    if (!this.#live.has(session.id)) return this.#release(session);
    session.tell('session:welcome', { userId: session.user.id, ...proven(session.user), session: token });
  }

  /** A connection has gone, and with it its voice in these rooms. */
  gone(session: LiveSession, presences: Presence[]): void {
    const entry = this.#live.get(session.id);
    this.#live.delete(session.id);
    if (this.#byUser.get(session.user.id) === entry) this.#byUser.delete(session.user.id);
    entry?.lifetime?.close();
    if (entry?.over) this.#leave(session, presences);
    else for (const { roomId, memberId } of presences) void this.#disconnect(session, roomId, memberId);
    if (entry?.over || presences.length === 0) void this.#release(session);
    else this.#remember(session, presences);
  }

  /**
   * A newer token of the same user: its grants hold from now on.
   * @throws {ParleyError} as verifying does
   */
  async refresh(sessionId: string, token: string): Promise<RequestOutput<'session:refresh'>> {
    const user = await this.#options.verify(token);
    const entry = this.#live.get(sessionId);
    if (!entry || entry.over) throw new ParleyError('connection_lost');
    const { session } = entry;
    if (user.id !== session.user.id || user.kind !== session.user.kind) {
      throw new ParleyError('unauthorized', 'The token is of another user.');
    }
    session.renew(user);
    this.#limit(entry);
    await Promise.all(session.presences.map(({ roomId, memberId }) => this.#renewIn(session, roomId, memberId)));
    return proven(user);
  }

  /** The connection of a user, if this node holds it. */
  of(userId: string): LiveSession | undefined {
    return this.#byUser.get(userId)?.session;
  }

  /** Ends the connection of a user that this node holds, for good. @returns whether there was one */
  end(userId: string, code: ErrorCode, message?: string): boolean {
    const entry = this.#byUser.get(userId);
    if (entry) this.#end(entry, code, message);
    return entry !== undefined;
  }

  /** Tells the store again who is connected here: it may have lost it, or not have been in reach. */
  reassert(): Promise<void> {
    if (this.#reasserting) this.#reassertAgain = true;
    this.#reasserting ??= this.#reassertAll().finally(() => {
      this.#reasserting = undefined;
    });
    return this.#reasserting;
  }

  get size(): number {
    return this.#live.size;
  }

  /** Connections that dropped and may be resumed. */
  get departed(): number {
    return this.#departed.size;
  }

  /** This node goes down: its connections are left to come back elsewhere. */
  close(): void {
    this.#closed = true;
    const { clock } = this.#options;
    clock.cancel(this.#timer);
    this.#unsubscribe();
    for (const { lifetime } of this.#live.values()) lifetime?.close();
    for (const { timer } of this.#departed.values()) clock.cancel(timer);
    this.#live.clear();
    this.#byUser.clear();
    this.#departed.clear();
  }

  /** Sees to it that the connection ends when what proves its user does. */
  #limit(entry: Entry): void {
    const { session } = entry;
    if (session.user.expiresAt === null) {
      entry.lifetime?.close();
      return;
    }
    const { clock, warningMs } = this.#options;
    entry.lifetime ??= new Lifetime({
      clock,
      warningMs,
      onExpiring: (expiresAt) => session.tell('session:expiring', { expiresAt }),
      onExpired: () => this.#end(entry, 'token_expired'),
    });
    entry.lifetime.set(session.user.expiresAt);
  }

  async #claim(entry: Entry): Promise<void> {
    const { users, clock, logger } = this.#options;
    const { session } = entry;
    try {
      const { epoch, previous } = await users.claim(session.user.id, this.#holderOf(session));
      entry.epoch = epoch;
      if (previous) this.#fence(session, previous, epoch);
    } catch (error) {
      // Told again once the store is back.
      entry.epoch = clock.now();
      logger.warn('connection not claimed', { sessionId: session.id, error });
    }
  }

  /** The place is `by`'s now: who had it is told, wherever they are. */
  #fence(by: LiveSession, previous: Held, epoch: number): void {
    const { nodeId, sessionId } = previous;
    const { user, instance } = by;
    this.#options.bus.send(nodeId, { type: 'sessionFence', userId: user.id, sessionId, epoch, instance });
  }

  #fenced({ userId, sessionId, epoch, instance }: BusMessageOf<'sessionFence'>): void {
    const entry = this.#live.get(sessionId);
    if (entry) {
      // A late message never ends a connection that came after it was sent.
      if (entry.session.user.id === userId && entry.epoch < epoch) this.#yield(entry, instance);
      return;
    }
    const departed = this.#departed.get(sessionId);
    if (!departed || departed.session.user.id !== userId || departed.session.instance === instance) return;
    this.#forget(departed);
    this.#leave(departed.session, departed.presences);
  }

  /** A newer connection has the place. One of the same client takes the rooms over; another one's ends them. */
  #yield(entry: Entry, instance: string): void {
    if (entry.session.instance !== instance) return this.#end(entry, 'replaced');
    entry.lifetime?.close();
    this.#options.clock.after(SUPERSEDED_MS, () => entry.session.drop());
  }

  #end(entry: Entry, code: ErrorCode, message?: string): void {
    if (entry.over) return;
    const { session } = entry;
    const { logger, onEnded } = this.#options;
    entry.over = true;
    entry.lifetime?.close();
    logger.info('session ended', { sessionId: session.id, userId: session.user.id, code });
    onEnded(code);
    session.close(code, message);
  }

  /** Their rooms are kept for a while, and with them the place: whoever takes it must end them. */
  #remember(session: LiveSession, presences: Presence[]): void {
    if (this.#closed) return;
    const { clock, resumeWindowMs } = this.#options;
    const timer = clock.after(resumeWindowMs, () => {
      this.#departed.delete(session.id);
      void this.#release(session);
    });
    this.#departed.set(session.id, { session, presences, timer });
  }

  #forget({ session, timer }: Departed): void {
    this.#options.clock.cancel(timer);
    this.#departed.delete(session.id);
  }

  #leave(session: LiveSession, presences: Presence[]): void {
    const { rooms, logger } = this.#options;
    for (const { roomId, memberId } of presences) {
      rooms.leave(session, roomId, { memberId, sessionId: session.id }).catch((error: unknown) => {
        // They have come back through another connection, or were gone already.
        if (error instanceof ParleyError && error.code === 'not_in_room') return;
        logger.warn('room not left', { roomId, participantId: memberId, error });
      });
    }
  }

  async #disconnect(session: LiveSession, roomId: string, memberId: string): Promise<void> {
    await this.#options.rooms.disconnect(roomId, { memberId, sessionId: session.id });
  }

  async #renewIn(session: LiveSession, roomId: string, memberId: string): Promise<void> {
    const { rooms } = this.#options;
    const speaker = { memberId, sessionId: session.id };
    try {
      if (mayEnter(session.user, roomId)) return await rooms.renew(session, roomId, speaker);
      await rooms.leave(session, roomId, speaker);
      session.shut(roomId, 'not_allowed');
    } catch (error) {
      // They left meanwhile: there is nothing to hold them to.
      if (!(error instanceof ParleyError && error.code === 'not_in_room')) throw error;
    }
  }

  async #release(session: LiveSession): Promise<void> {
    const { users, logger } = this.#options;
    try {
      await users.release(session.user.id, session.id);
    } catch (error) {
      // It goes by itself, for want of being told again.
      logger.debug('connection not released', { sessionId: session.id, error });
    }
  }

  async #reassertAll(): Promise<void> {
    do {
      this.#reassertAgain = false;
      await this.#reassertOnce();
    } while (this.#reassertAgain && !this.#closed);
  }

  async #reassertOnce(): Promise<void> {
    const { logger } = this.#options;
    const entries = [...this.#live.values()].filter(({ epoch, over }) => epoch > 0 && !over);
    try {
      for (let i = 0; i < entries.length && !this.#closed; i += REASSERT_AT_ONCE) {
        await Promise.all(entries.slice(i, i + REASSERT_AT_ONCE).map((entry) => this.#reassertOne(entry)));
      }
    } catch (error) {
      logger.debug('connections not reasserted', { error });
    }
  }

  async #reassertOne(entry: Entry): Promise<void> {
    const { session, epoch } = entry;
    const held = { ...this.#holderOf(session), epoch };
    const answer = await this.#options.users.reassert(session.user.id, held);
    if (!this.#live.has(session.id)) return this.#release(session);
    if (!answer.held) this.#yield(entry, answer.by.instance);
    else if (answer.previous) this.#fence(session, answer.previous, epoch);
  }

  #reassertLater(): void {
    const { clock, reassertMs } = this.#options;
    if (reassertMs === null) return;
    this.#timer = clock.after(reassertMs, () => {
      void this.reassert();
      this.#reassertLater();
    });
  }

  #holderOf({ id: sessionId, instance }: LiveSession): Holder {
    return { nodeId: this.#options.bus.nodeId, sessionId, instance };
  }
}

function proven({ name, grants, expiresAt }: User): RequestOutput<'session:refresh'> {
  return { name, grants: { ...grants }, expiresAt };
}
