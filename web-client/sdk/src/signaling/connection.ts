import {
  type Ack,
  type ClientToServerEvents,
  type ErrorCode,
  type Handshake,
  type HandshakeRefusal,
  ParleyError,
  PROTOCOL_VERSIONS,
  type RequestInput,
  type RequestName,
  type RequestOutput,
  type ServerEvent,
  type ServerEventName,
  type ServerToClientEvents,
} from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger, systemClock, type Timer } from '@parley/shared/runtime';
import { io, type Socket } from 'socket.io-client';
import { Patience } from './patience.ts';

/** How long a request may take in all, in ms: a little more than the server gives its handlers. */
const REQUEST_DEADLINE_MS = 10_000;
/** How long the first connection may take, in ms. */
const CONNECT_DEADLINE_MS = 10_000;

type ConnectionEvents = {
  /** The socket is back after it was lost; rooms resume now. */
  reconnected: [];
  /** The socket dropped; it is being mended. */
  lost: [];
  /** The server will not have us again (version, token, origin). */
  refused: [error: ParleyError];
} & { [E in ServerEventName]: [event: ServerEvent<E>] };

/** The one socket to signaling: opens, reconnects for ever, and turns answers into values or `ParleyError`s. */
export class Connection extends Emitter<ConnectionEvents> {
  readonly #socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #patience: Patience;
  /** The next attempt, while the server has asked us to wait. */
  #attempt: Timer | undefined;
  #wasConnected = false;
  #closed = false;

  constructor(options: { url: string | undefined; token: string | undefined; log: Logger; clock?: Clock }) {
    super((error, event) => options.log.error('listener threw', { event, error }));
    this.#log = options.log;
    this.#clock = options.clock ?? systemClock;
    this.#patience = new Patience({ clock: this.#clock });
    const auth: Handshake = { versions: [...PROTOCOL_VERSIONS], token: options.token };
    const socketOptions = {
      transports: ['websocket'],
      autoConnect: false,
      auth: { ...auth },
      timeout: CONNECT_DEADLINE_MS,
      reconnectionDelay: 200,
      reconnectionDelayMax: 3_000,
      randomizationFactor: 0.5,
    };
    this.#socket =
      options.url === undefined ? io(socketOptions) : io(options.url, { ...socketOptions, forceNew: true });
    this.#socket.on('connect', () => {
      this.#patience.admitted();
      if (this.#wasConnected) this.emit('reconnected');
      this.#wasConnected = true;
    });
    this.#socket.on('disconnect', (reason) => {
      this.#log.info('signaling disconnected', { reason });
      if (this.#closed) return;
      this.emit('lost');
      // Socket.IO leaves it to us to come back when it was the server that hung up.
      if (reason === 'io server disconnect') this.#connect();
    });
    this.#socket.on('connect_error', (error) => {
      const refusal = refusalOf(error);
      if (refusal) this.#log.warn('signaling refused', { code: refusal.code });
      if (!refusal) return;
      if (refusal.retryable) {
        this.#patience.refused(refusal);
        // Socket.IO does not come back by itself when the server has refused it.
        if (this.#wasConnected) this.#connect();
      } else if (this.#wasConnected) this.emit('refused', refusal);
    });
    this.#socket.on('room:event', (event) => this.emit('room:event', event));
    this.#socket.on('mesh:signal', (event) => this.emit('mesh:signal', event));
    this.#socket.on('room:closed', (event) => this.emit('room:closed', event));
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /**
   * Connects, if not yet connected; a server that asks for a moment gets it.
   * @throws {ParleyError} when refused for longer than that, or `connection_lost` at the deadline.
   */
  async open(): Promise<void> {
    if (this.#closed) throw new ParleyError('connection_lost', 'The client is closed.');
    if (this.#socket.connected) return;
    const refusal = this.#patience.refusalBeyond(CONNECT_DEADLINE_MS);
    if (refusal) throw refusal;
    await new Promise<void>((resolve, reject) => {
      const deadline = this.#clock.now() + CONNECT_DEADLINE_MS;
      let lastError: Error | undefined;
      const settle = (finish: () => void) => {
        this.#clock.cancel(timer);
        this.#socket.off('connect', onConnect);
        this.#socket.off('connect_error', onError);
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
      this.#socket.on('connect', onConnect);
      this.#socket.on('connect_error', onError);
      this.#connect();
    });
  }

  /** Now, or when the server has asked us to come back. */
  #connect(): void {
    this.#clock.cancel(this.#attempt);
    const wait = this.#patience.waitMs;
    if (wait === 0) this.#socket.connect();
    else this.#attempt = this.#clock.after(wait, () => this.#socket.connect());
  }

  #disconnect(): void {
    this.#clock.cancel(this.#attempt);
    this.#socket.disconnect();
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
    if (!this.#socket.connected) throw new ParleyError('connection_lost');
    const socket = this.#socket as unknown as {
      timeout(ms: number): { emitWithAck(name: string, input: unknown): Promise<Ack<RequestOutput<R>>> };
    };
    try {
      return await socket.timeout(ms).emitWithAck(name, input);
    } catch (cause) {
      const code: ErrorCode = this.#socket.connected ? 'timeout' : 'connection_lost';
      throw new ParleyError(code, undefined, { cause });
    }
  }

  /** Tells the server without waiting for the answer: for a page that is going away. */
  tell<R extends RequestName>(name: R, input: RequestInput<R>): void {
    if (!this.#socket.connected) return;
    (this.#socket as unknown as { emit(name: string, input: unknown, ack: () => void): void }).emit(
      name,
      input,
      () => {},
    );
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#disconnect();
    this.removeAllListeners();
  }
}

function refusalOf(error: Error & { data?: unknown }): ParleyError | undefined {
  const refusal = error.data as HandshakeRefusal | undefined;
  return refusal && typeof refusal.code === 'string' ? ParleyError.fromWire(refusal) : undefined;
}
