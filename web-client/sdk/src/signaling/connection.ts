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
import { Emitter, type Logger } from '@parley/shared/runtime';
import { io, type Socket } from 'socket.io-client';

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
  #wasConnected = false;
  #closed = false;

  constructor(options: { url: string | undefined; token: string | undefined; log: Logger }) {
    super((error, event) => options.log.error('listener threw', { event, error }));
    this.#log = options.log;
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
      if (this.#wasConnected) this.emit('reconnected');
      this.#wasConnected = true;
    });
    this.#socket.on('disconnect', (reason) => {
      this.#log.info('signaling disconnected', { reason });
      if (this.#closed) return;
      this.emit('lost');
      // Socket.IO leaves it to us to come back when it was the server that hung up.
      if (reason === 'io server disconnect') this.#socket.connect();
    });
    this.#socket.on('connect_error', (error) => {
      const refusal = refusalOf(error);
      if (refusal) this.#log.warn('signaling refused', { code: refusal.code });
      if (refusal && this.#wasConnected && !refusal.retryable) this.emit('refused', refusal);
    });
    this.#socket.on('room:event', (event) => this.emit('room:event', event));
    this.#socket.on('mesh:signal', (event) => this.emit('mesh:signal', event));
    this.#socket.on('room:closed', (event) => this.emit('room:closed', event));
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /** Connects, if not yet connected. @throws {ParleyError} when refused, or `connection_lost` at the deadline. */
  async open(): Promise<void> {
    if (this.#closed) throw new ParleyError('connection_lost', 'The client is closed.');
    if (this.#socket.connected) return;
    await new Promise<void>((resolve, reject) => {
      let lastError: Error | undefined;
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        this.#socket.off('connect', onConnect);
        this.#socket.off('connect_error', onError);
        finish();
      };
      const fail = (error: ParleyError) =>
        settle(() => {
          if (!this.#wasConnected) this.#socket.disconnect();
          reject(error);
        });
      const onConnect = () => settle(resolve);
      const onError = (error: Error) => {
        lastError = error;
        const refusal = refusalOf(error);
        if (refusal) fail(refusal);
      };
      const timer = setTimeout(
        () => fail(new ParleyError('connection_lost', 'The server cannot be reached.', { cause: lastError })),
        CONNECT_DEADLINE_MS,
      );
      this.#socket.on('connect', onConnect);
      this.#socket.on('connect_error', onError);
      this.#socket.connect();
    });
  }

  /** @throws {ParleyError} the server's, or `connection_lost` / `timeout`. Nothing is queued while offline. */
  async request<R extends RequestName>(name: R, input: RequestInput<R>): Promise<RequestOutput<R>> {
    if (!this.#socket.connected) throw new ParleyError('connection_lost');
    const socket = this.#socket as unknown as {
      timeout(ms: number): { emitWithAck(name: string, input: unknown): Promise<Ack<RequestOutput<R>>> };
    };
    let answer: Ack<RequestOutput<R>>;
    try {
      answer = await socket.timeout(REQUEST_DEADLINE_MS).emitWithAck(name, input);
    } catch (cause) {
      const code: ErrorCode = this.#socket.connected ? 'timeout' : 'connection_lost';
      throw new ParleyError(code, undefined, { cause });
    }
    if (answer.ok) return answer.data;
    throw ParleyError.fromWire(answer.error);
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
    this.#socket.disconnect();
    this.removeAllListeners();
  }
}

function refusalOf(error: Error & { data?: unknown }): ParleyError | undefined {
  const refusal = error.data as HandshakeRefusal | undefined;
  return refusal && typeof refusal.code === 'string' ? ParleyError.fromWire(refusal) : undefined;
}
