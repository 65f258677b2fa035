import {
  type Ack,
  ParleyError,
  type RequestInput,
  type RequestName,
  type RequestOutput,
  type ServerEvent,
  type ServerEventName,
} from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger, systemClock, type Timer } from '@parley/shared/runtime';
import type { NetworkChange, NetworkWatch } from '../media/network-watch.ts';
import type { TokenSource } from '../types.ts';
import { Addresses } from './addresses.ts';
import { Credentials } from './credentials.ts';
import { Line, refusalOf } from './line.ts';
import { Move } from './move.ts';
import { Patience } from './patience.ts';
import { Renewal } from './renewal.ts';

/** How long a request may take in all, in ms: a little more than the server gives its handlers. */
const REQUEST_DEADLINE_MS = 10_000;
/** How long the first connection may take, in ms. */
const CONNECT_DEADLINE_MS = 10_000;
/** How long after no token could be had it is tried again, in ms. */
const TOKEN_RETRY_MS = 5_000;
/** After the network has changed the line is given up unless it carries an answer within this time, in ms. */
const PROBE_MS = 2_000;

type ConnectionEvents = {
  /** The socket is back after it was lost; rooms resume now. */
  reconnected: [];
  /** The socket dropped; it is being mended. */
  lost: [];
  /** The device has another network, or has slept. */
  networkChanged: [];
  /** Another socket has taken over, and no room has noticed; what was asked for this connection has to be asked again. */
  moved: [];
  /** The server will not have us again (version, token, origin), or has ended our session. */
  refused: [error: ParleyError];
  /** No token could be had to connect with. */
  unproven: [error: ParleyError];
  /** A newer token was accepted: this is what it says. */
  renewed: [RequestOutput<'session:refresh'>];
  /** The token ends then, and nobody is there to be asked for another. */
  tokenExpiring: [expiresAt: number];
} & { [E in ServerEventName]: [event: ServerEvent<E>] };

export interface ConnectionOptions {
  url: string | readonly string[] | undefined;
  token: TokenSource | undefined;
  /** Where this client is. */
  region?: string | undefined;
  /** Takes up, with `room:resume`, every room that is not yet `isTaken` on a new socket. @throws to reconnect instead */
  takeUpRooms?: (isTaken: (roomId: string) => boolean) => Promise<void>;
  log: Logger;
  /** Tells when there may be another network. */
  network?: NetworkWatch;
  clock?: Clock;
  random?: () => number;
}

/**
 * The one way to signaling: opens, reconnects for ever, moves to another node when asked to, and turns answers into
 * values or `ParleyError`s.
 */
export class Connection extends Emitter<ConnectionEvents> {
  readonly #options: ConnectionOptions;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #patience: Patience;
  readonly #credentials: Credentials;
  readonly #renewal: Renewal;
  readonly #addresses: Addresses;
  #line: Line;
  #move: Move | undefined;
  /** Until a move begins. */
  #moveTimer: Timer | undefined;
  /** The next attempt, while the server has asked us to wait. */
  #attempt: Timer | undefined;
  #probing = false;
  #wasConnected = false;
  #closed = false;
  /** Why the server ended our session: there is no way back. */
  #ended: ParleyError | undefined;

  constructor(options: ConnectionOptions) {
    super((error, event) => options.log.error('listener threw', { event, error }));
    this.#options = options;
    this.#log = options.log;
    this.#clock = options.clock ?? systemClock;
    this.#patience = new Patience({ clock: this.#clock });
    this.#addresses = new Addresses(options.url);
    const [clock, log] = [this.#clock, this.#log];
    this.#credentials = new Credentials({ token: options.token, region: options.region, clock, log });
    this.#renewal = new Renewal({
      token: () => this.#credentials.token(),
      refresh: (token) => this.#refresh(token),
      clock,
      log,
    });
    this.#line = this.#newLine(true);
    options.network?.on('changed', (why) => this.#onNetworkChanged(why));
  }

  get connected(): boolean {
    return this.#line.connected || (this.#move?.isUp ?? false);
  }

  /**
   * Connects, if not yet connected; a server that asks for a moment gets it.
   * @throws {ParleyError} when refused for longer than that, or `connection_lost` at the deadline.
   */
  async open(): Promise<void> {
    if (this.#closed) throw new ParleyError('connection_lost', 'The client is closed.');
    if (this.#ended) throw this.#ended;
    if (this.connected) return;
    const refusal = this.#patience.refusalBeyond(CONNECT_DEADLINE_MS);
    if (refusal) throw refusal;
    const { socket } = this.#line;
    await new Promise<void>((resolve, reject) => {
      const deadline = this.#clock.now() + CONNECT_DEADLINE_MS;
      let lastError: Error | undefined;
      const settle = (finish: () => void) => {
        this.#clock.cancel(timer);
        socket.off('connect', onConnect);
        socket.off('connect_error', onError);
        offUnproven();
        finish();
      };
      const fail = (error: ParleyError) =>
        settle(() => {
          if (!this.#wasConnected) this.#disconnect();
          reject(error);
        });
      const onConnect = () => settle(resolve);
      const onError = (error: Error) => {
        lastError = error;
        const refusal = refusalOf(error);
        if (!refusal) return;
        if (!refusal.retryable || this.#clock.now() + this.#patience.waitMs >= deadline) fail(refusal);
        else this.#connect();
      };
      const timer = this.#clock.after(CONNECT_DEADLINE_MS, () => {
        const refusal = lastError && refusalOf(lastError);
        fail(refusal ?? new ParleyError('connection_lost', 'The server cannot be reached.', { cause: lastError }));
      });
      const offUnproven = this.on('unproven', fail);
      socket.on('connect', onConnect);
      socket.on('connect_error', onError);
      this.#connect();
    });
  }

  /** Who we are from now on; the connection that is there is told. @throws {ParleyError} */
  async setToken(token: string): Promise<void> {
    this.#credentials.replace(token);
    if (this.connected) await this.#refresh(token);
  }

  async #refresh(token: string): Promise<void> {
    this.emit('renewed', await this.request('session:refresh', { token }));
  }

  /** Now, or when the server has asked us to come back. */
  #connect(): void {
    this.#clock.cancel(this.#attempt);
    const wait = this.#patience.waitMs;
    const { socket } = this.#line;
    if (wait === 0) socket.connect();
    else this.#attempt = this.#clock.after(wait, () => socket.connect());
  }

  #disconnect(): void {
    this.#clock.cancel(this.#attempt);
    this.#stayPut();
    this.#move?.cancel();
    this.#line.hangUp();
  }

  /**
   * One that came too soon after others is made again when the server allows it, within the deadline.
   * @throws {ParleyError} the server's, or `connection_lost` / `timeout`. Nothing is queued while offline.
   */
  async request<R extends RequestName>(name: R, input: RequestInput<R>): Promise<RequestOutput<R>> {
    const deadline = this.#clock.now() + REQUEST_DEADLINE_MS;
    for (;;) {
      const answer = await this.#ask(name, input, deadline - this.#clock.now());
      if (answer.ok) return answer.data;
      const error = ParleyError.fromWire(answer.error);
      const wait = this.#patience.spread(error.retryAfterMs ?? 0);
      // Negotiation is left to those who negotiate: a step that comes after a later one does harm.
      const isWorthIt = error.code === 'rate_limited' && error.retryAfterMs !== undefined && name !== 'mesh:signal';
      if (!isWorthIt || this.#clock.now() + wait >= deadline) throw error;
      await new Promise<void>((resolve) => this.#clock.after(wait, resolve));
    }
  }

  async #ask<R extends RequestName>(name: R, input: RequestInput<R>, ms: number): Promise<Ack<RequestOutput<R>>> {
    const roomId = 'roomId' in input ? input.roomId : undefined;
    const move = this.#move;
    if (!move) return this.#line.ask(name, input, ms);
    // A room that is joined now would have to be taken up at once.
    if (name === 'room:join' && move.isUp) await move.over;
    const line = await move.lineFor(name, roomId);
    const isOver = this.#move !== move;
    const answer = (isOver ? this.#line : line).ask(name, input, ms);
    return line === move.to && name === 'room:resume' && roomId !== undefined ? move.takeUp(roomId, answer) : answer;
  }

  /** Tells the server without waiting for the answer: for a page that is going away. */
  tell<R extends RequestName>(name: R, input: RequestInput<R>): void {
    const roomId = 'roomId' in input ? input.roomId : undefined;
    (this.#move?.lineNow(roomId) ?? this.#line).tell(name, input);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#renewal.cancel();
    this.#disconnect();
    this.removeAllListeners();
  }

  #newLine(reconnects: boolean): Line {
    const line = new Line({
      addresses: this.#addresses,
      handshake: () => this.#credentials.handshake(),
      onUnproven: (error) => this.#onUnproven(line, error),
      reconnects,
      connectDeadlineMs: CONNECT_DEADLINE_MS,
      clock: this.#clock,
    });
    const { socket } = line;
    socket.on('connect', () => this.#onConnect(line));
    socket.on('disconnect', (reason) => this.#onDisconnect(line, reason));
    socket.on('connect_error', (error) => this.#onConnectError(line, error));
    socket.on('session:welcome', (event) => {
      this.#credentials.welcomed(event.session);
      if (this.#isInUse(line)) this.emit('session:welcome', event);
    });
    socket.on('session:expiring', ({ expiresAt }) => {
      if (!this.#isInUse(line)) return;
      if (this.#credentials.canRenew) this.#renewal.start(expiresAt);
      else this.emit('tokenExpiring', expiresAt);
    });
    socket.on('session:closed', ({ code, message }) => {
      if (this.#isInUse(line)) this.#end(new ParleyError(code, message));
    });
    socket.on('session:move', ({ withinMs }) => this.#moveWithin(line, withinMs));
    socket.on('app:event', (event) => {
      // A room is on one of two that are open; what is for the user comes over both.
      const isOurs = event.roomId === undefined ? line === this.#line : this.#isInUse(line);
      if (isOurs) this.emit('app:event', event);
    });
    socket.on('room:event', (event) => this.#isInUse(line) && this.emit('room:event', event));
    socket.on('mesh:signal', (event) => this.#isInUse(line) && this.emit('mesh:signal', event));
    socket.on('sfu:lost', (event) => this.#isInUse(line) && this.emit('sfu:lost', event));
    socket.on('presence:changed', (event) => this.#isInUse(line) && this.emit('presence:changed', event));
    socket.on('match:found', (event) => this.#isInUse(line) && this.emit('match:found', event));
    socket.on('match:ready', (event) => this.#isInUse(line) && this.emit('match:ready', event));
    socket.on('match:requeued', (event) => this.#isInUse(line) && this.emit('match:requeued', event));
    socket.on('match:closed', (event) => this.#isInUse(line) && this.emit('match:closed', event));
    socket.on('room:closed', (event) => {
      // The old line hears that the new one has taken over, by which the room has not ended.
      const isTakeOver = event.code === 'conflict' && this.#move?.from === line && this.#move.hasLeft(event.roomId);
      if (this.#isInUse(line) && !isTakeOver) this.emit('room:closed', event);
    });
    return line;
  }

  /** The server has ended our session. */
  #end(error: ParleyError): void {
    this.#ended = error;
    this.#renewal.cancel();
    this.#disconnect();
    this.emit('refused', error);
  }

  #onUnproven(line: Line, error: ParleyError): void {
    if (line !== this.#line || this.#closed) return line.hangUp();
    this.#log.warn('not connected for want of a token', { error });
    this.emit('unproven', error);
    this.#disconnect();
    if (this.#wasConnected) this.#attempt = this.#clock.after(TOKEN_RETRY_MS, () => this.#connect());
  }

  #isInUse(line: Line): boolean {
    return line === this.#line || line === this.#move?.to;
  }

  #onConnect(line: Line): void {
    if (line !== this.#line) return;
    this.#patience.admitted();
    if (this.#wasConnected) this.emit('reconnected');
    this.#wasConnected = true;
  }

  #onDisconnect(line: Line, reason: string): void {
    if (line !== this.#line || this.#closed || this.#ended) return;
    this.#log.info('signaling disconnected', { reason });
    this.#renewal.cancel();
    this.#stayPut();
    if (this.#move?.isUp) {
      // All goes on, on the new line.
      line.hangUp();
      return;
    }
    this.#move?.cancel();
    this.#move = undefined;
    this.emit('lost');
    // Socket.IO leaves it to us to come back when it was the server that hung up.
    if (reason === 'io server disconnect') this.#connect();
  }

  #onConnectError(line: Line, error: Error): void {
    if (line !== this.#line) return;
    const refusal = refusalOf(error);
    if (!refusal) return;
    this.#log.warn('signaling refused', { code: refusal.code });
    if (refusal.retryable) {
      this.#patience.refused(refusal);
      // Socket.IO does not come back by itself when the server has refused it.
      if (this.#wasConnected) this.#connect();
    } else if (this.#wasConnected) this.emit('refused', refusal);
  }

  #onNetworkChanged(why: NetworkChange): void {
    if (this.#closed || this.#ended || !this.#wasConnected) return;
    this.#log.info('network changed', { why });
    this.emit('networkChanged');
    if (this.#move) return;
    if (this.#line.connected) void this.#probe(this.#line);
    else if (this.#patience.waitMs === 0) {
      this.#clock.cancel(this.#attempt);
      this.#line.hurry();
    }
  }

  /** Socket.IO itself would find out with the next ping only. */
  async #probe(line: Line): Promise<void> {
    if (this.#probing) return;
    this.#probing = true;
    try {
      await line.ask('session:ping', {}, PROBE_MS);
    } catch (error) {
      if (!(error instanceof ParleyError && error.code === 'timeout') || line !== this.#line) return;
      this.#log.info('signaling does not answer');
      line.drop();
    } finally {
      this.#probing = false;
    }
  }

  #moveWithin(line: Line, withinMs: number): void {
    if (line !== this.#line || this.#move || this.#moveTimer || this.#closed) return;
    const wait = withinMs * (this.#options.random ?? Math.random)();
    this.#moveTimer = this.#clock.after(wait, () => void this.#moveNow());
  }

  #stayPut(): void {
    this.#clock.cancel(this.#moveTimer);
    this.#moveTimer = undefined;
  }

  async #moveNow(): Promise<void> {
    this.#moveTimer = undefined;
    const from = this.#line;
    this.#addresses.next();
    const to = this.#newLine(false);
    const { takeUpRooms = async () => {} } = this.#options;
    const move = new Move({ from, to, takeUpRooms, clock: this.#clock, log: this.#log });
    this.#move = move;
    const isDone = await move.run();
    // Closed meanwhile, or the old line was lost before the new one was there.
    if (this.#move !== move || this.#closed) return;
    if (!isDone && !move.hasBegun) {
      this.#move = undefined;
      move.cancel();
      return;
    }
    this.#line = to;
    this.#move = undefined;
    to.keep();
    from.hangUp();
    this.#log.info('moved to another node', { whole: isDone });
    this.#wasConnected = true;
    if (isDone) {
      this.emit('moved');
    } else {
      this.emit('lost');
      if (to.connected) this.emit('reconnected');
      else this.#connect();
    }
    move.settle();
  }
}
