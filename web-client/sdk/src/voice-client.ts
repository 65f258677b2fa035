import { type JoinResult, ParleyError } from '@parley/shared/protocol';
import { Emitter, type Logger, randomId, silentLogger } from '@parley/shared/runtime';
import { MatchSearch } from './match/search.ts';
import { Microphone } from './media/microphone.ts';
import { NetworkWatch } from './media/network-watch.ts';
import { loadPresence } from './parts.ts';
import type { ClientPresence } from './presence/presence.ts';
import { RoomSession } from './room/room-session.ts';
import { Connection } from './signaling/connection.ts';
import type {
  CurrentUser,
  JoinOptions,
  Match,
  MatchOptions,
  OpusOptions,
  Presence,
  Room,
  VoiceClientEvents,
  VoiceClientOptions,
} from './types.ts';

/** A join whose answer was lost is asked again so often, with the same join id. */
const JOIN_ATTEMPTS = 3;
/** Waits, in ms, before a join is asked again while the servers cannot reach their common store. */
const STORE_WAITS_MS = [500, 1_000, 2_000, 4_000];
const DEFAULT_OPUS: Required<OpusOptions> = { dtx: true, fec: true, maxBitrate: 64_000, minBitrate: 16_000 };

/** The way in: one connection to Parley's signaling, from which rooms are joined. */
export class VoiceClient {
  readonly #options: VoiceClientOptions;
  readonly #log: Logger;
  readonly #events: Emitter<VoiceClientEvents>;
  readonly #network = new NetworkWatch();
  readonly #connection: Connection;
  readonly #rooms = new Set<RoomSession>();
  readonly #matches = new Set<Match>();
  readonly #onPageHide = () => {
    for (const room of this.#rooms) room.leaveNow();
    void this.close();
  };
  /** Who is online, and in which rooms. */
  readonly presence: Presence = { watch: async (userIds) => (await this.#loadPresence()).watch(userIds) };
  #presence: ClientPresence | null = null;
  #user: CurrentUser | null = null;
  #closed = false;

  constructor(options: VoiceClientOptions) {
    this.#options = options;
    this.#log = options.logger ?? silentLogger;
    this.#events = new Emitter((error, event) => this.#log.error('listener threw', { event, error }));
    this.#connection = new Connection({
      url: options.url,
      token: options.token,
      region: options.region,
      takeUpRooms: async (isTaken) => {
        const rooms = [...this.#rooms].filter(({ id }) => !isTaken(id));
        await Promise.all(rooms.map((room) => room.handleMove()));
      },
      network: this.#network,
      log: this.#log,
    });
    this.#connection.on('session:welcome', ({ userId: id, name, grants }) => this.#become({ id, name, grants }));
    this.#connection.on('renewed', ({ name, grants }) => {
      if (this.#user) this.#become({ ...this.#user, name, grants });
    });
    this.#connection.on('tokenExpiring', (expiresAt) => this.#events.emit('tokenExpiring', expiresAt));
    this.#connection.on('refused', ({ code, message }) => this.#events.emit('closed', { code, message }));
    this.#connection.on('app:event', ({ name, data, roomId = null }) =>
      this.#events.emit('event', { name, data, roomId }),
    );
    globalThis.addEventListener?.('pagehide', this.#onPageHide);
  }

  /**
   * Joins a room. The promise settles once the room is joined; people are heard as their media arrives.
   * @param roomId 1 to 64 characters; who names the same room meets there.
   * @throws {VoiceError} with a code of the protocol's table, or the browser's error (`NotAllowedError`,
   * `NotFoundError`, …) when a microphone was asked for and cannot be had.
   */
  join(roomId: string, options: JoinOptions = {}): Promise<Room> {
    return this.#join(roomId, options);
  }

  /** Looks for people to talk to, and joins the room where they meet: see `Match`. */
  match(options: MatchOptions = {}): Match {
    const match: Match = new MatchSearch({
      connection: this.#connection,
      options,
      join: (roomId, pass) => this.#join(roomId, options, pass),
      onClosed: () => this.#matches.delete(match),
      log: this.#log,
    });
    this.#matches.add(match);
    return match;
  }

  /** User ids of those whom this user never wants to meet, the newest first. */
  async blocks(): Promise<readonly string[]> {
    await this.#connection.open();
    return (await this.#connection.request('match:blocks', {})).userIds;
  }

  async unblock(userId: string): Promise<void> {
    await this.#connection.open();
    await this.#connection.request('match:unblock', { userId });
  }

  async #join(roomId: string, options: JoinOptions, pass?: string): Promise<Room> {
    let session: RoomSession | undefined;
    const microphone = new Microphone(options.muted ?? false, (error) => session?.handleMicrophoneError(error));
    try {
      await Promise.all([microphone.use(options.microphone ?? true), this.#connection.open()]);
      const askedAt = performance.timeOrigin + performance.now();
      const joined = await this.#requestJoin(roomId, microphone.muted || microphone.track === null, pass);
      if (this.#closed) throw new ParleyError('connection_lost', 'The client was closed.');
      session = new RoomSession({
        connection: this.#connection,
        microphone,
        joined,
        name: this.#options.name,
        askedAt,
        iceTransportPolicy: this.#options.iceTransportPolicy ?? 'all',
        opus: { ...DEFAULT_OPUS, ...this.#options.opus },
        onClosed: (room) => this.#rooms.delete(room),
        log: this.#log.child({ room: roomId, participant: joined.selfId }),
      });
      this.#rooms.add(session);
      return session;
    } catch (error) {
      microphone.close();
      throw error;
    }
  }

  /** Who the server says this client is; null before it has connected. */
  get user(): CurrentUser | null {
    return this.#user;
  }

  /**
   * Goes on with another token of the same user, whose grants hold from now on.
   * @throws {VoiceError} `unauthorized` and the like; the session then ends when the old token does.
   */
  setToken(token: string): Promise<void> {
    return this.#connection.setToken(token);
  }

  /** Adds a listener; returns a function that removes it again. */
  on<E extends keyof VoiceClientEvents>(event: E, listener: (...args: VoiceClientEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  off<E extends keyof VoiceClientEvents>(event: E, listener: (...args: VoiceClientEvents[E]) => void): void {
    this.#events.off(event, listener);
  }

  /** Leaves every room and closes the connection. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    globalThis.removeEventListener?.('pagehide', this.#onPageHide);
    this.#network.close();
    this.#presence?.close();
    await Promise.all([...this.#matches].map((match) => match.cancel()));
    await Promise.all([...this.#rooms].map((room) => room.leave()));
    this.#connection.close();
  }

  async #loadPresence(): Promise<ClientPresence> {
    const { ClientPresence } = await loadPresence();
    if (this.#closed) throw new ParleyError('connection_lost', 'The client was closed.');
    this.#presence ??= new ClientPresence({ connection: this.#connection, log: this.#log });
    return this.#presence;
  }

  #become(user: CurrentUser): void {
    if (JSON.stringify(user) === JSON.stringify(this.#user)) return;
    this.#user = user;
    this.#events.emit('user', user);
  }

  async #requestJoin(roomId: string, muted: boolean, pass: string | undefined): Promise<JoinResult> {
    const joinId = randomId();
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#connection.open();
        return await this.#connection.request('room:join', {
          roomId,
          name: this.#options.name,
          muted,
          deafened: false,
          joinId,
          ...(pass === undefined ? {} : { pass }),
        });
      } catch (error) {
        const wait = waitBeforeJoin(error, attempt);
        if (wait === null || this.#closed) throw error;
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }
}

/** How long to wait, in ms, before a failed join is asked again; null: not at all. */
function waitBeforeJoin(error: unknown, attempt: number): number | null {
  if (!(error instanceof ParleyError)) return null;
  const { code } = error;
  if (code === 'store_unavailable') return STORE_WAITS_MS[attempt - 1] ?? null;
  return (code === 'connection_lost' || code === 'timeout') && attempt < JOIN_ATTEMPTS ? 0 : null;
}
