import {
  type Ack,
  type ClientToServerEvents,
  type ErrorCode,
  type Handshake,
  type HandshakeRefusal,
  ParleyError,
  type RequestInput,
  type RequestName,
  type RequestOutput,
  type ServerToClientEvents,
} from '@parley/shared/protocol';
import { type Clock, DeadlineError, failWhenCut, withDeadline } from '@parley/shared/runtime';
import { io, type Socket } from 'socket.io-client';
import type { Addresses } from './addresses.ts';
import * as parser from './text-parser.ts';

export interface LineOptions {
  addresses: Addresses;
  /** What to show; asked anew at every connect. */
  handshake: () => Promise<Handshake>;
  /** There was nothing to show. */
  onUnproven: (error: ParleyError) => void;
  /** Whether it comes back by itself when the network has cut it. */
  reconnects: boolean;
  connectDeadlineMs: number;
  clock: Clock;
}

/** One socket to signaling. */
export class Line {
  readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  readonly #addresses: Addresses;
  readonly #clock: Clock;
  #unanswered = 0;
  #onIdle: (() => void) | undefined;

  constructor({ addresses, handshake, onUnproven, reconnects, connectDeadlineMs, clock }: LineOptions) {
    this.#addresses = addresses;
    this.#clock = clock;
    const options = {
      transports: ['websocket'],
      parser,
      autoConnect: false,
      forceNew: true,
      auth: (give: (data: object) => void) => void handshake().then(give, onUnproven),
      timeout: connectDeadlineMs,
      reconnection: reconnects,
      reconnectionDelay: 200,
      reconnectionDelayMax: 3_000,
      randomizationFactor: 0.5,
    };
    const url = addresses.current;
    this.socket = url === undefined ? io(options) : io(url, options);
    failWhenCut(this.socket.io);
    this.socket.on('connect_error', () => this.goTo(this.#addresses.next()));
  }

  get connected(): boolean {
    return this.socket.connected;
  }

  /** From the next attempt on. */
  goTo(url: string | undefined): void {
    // Socket.IO reads it whenever it opens the transport, but has no word for changing it.
    if (url !== undefined) (this.socket.io as unknown as { uri: string }).uri = url;
  }

  /** From now on it comes back by itself. */
  keep(): void {
    this.socket.io.reconnection(true);
  }

  /** @throws {ParleyError} `connection_lost` or `timeout`. Nothing is queued while offline. */
  async ask<R extends RequestName>(name: R, input: RequestInput<R>, ms: number): Promise<Ack<RequestOutput<R>>> {
    if (!this.connected) throw new ParleyError('connection_lost');
    const socket = this.socket as unknown as {
      timeout(ms: number): { emitWithAck(name: string, input: unknown): Promise<Ack<RequestOutput<R>>> };
    };
    this.#unanswered++;
    try {
      return await socket.timeout(ms).emitWithAck(name, input);
    } catch (cause) {
      const code: ErrorCode = this.connected ? 'timeout' : 'connection_lost';
      throw new ParleyError(code, undefined, { cause });
    } finally {
      this.#unanswered--;
      if (this.#unanswered === 0) this.#onIdle?.();
    }
  }

  /** Tells the server without waiting for the answer: for a page that is going away. */
  tell<R extends RequestName>(name: R, input: RequestInput<R>): void {
    if (!this.connected) return;
    (this.socket as unknown as { emit(name: string, input: unknown, ack: () => void): void }).emit(
      name,
      input,
      () => {},
    );
  }

  /** Until everything asked on it is answered, or that time is over. */
  async idle(ms: number): Promise<void> {
    if (this.#unanswered === 0) return;
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    await withDeadline(idle, ms, 'the last answers', this.#clock).catch((error: unknown) => {
      if (!(error instanceof DeadlineError)) throw error;
    });
  }

  /** Nothing comes through any more: drops it without a word, so that it is made anew. */
  drop(): void {
    this.socket.io.engine.close();
  }

  /** Connects now, whatever wait or attempt was under way. */
  hurry(): void {
    this.socket.disconnect().connect();
  }

  /** Says goodbye, and stays away. */
  hangUp(): void {
    this.socket.disconnect();
  }
}

/** Why the server does not let us in, if it is that. */
export function refusalOf(error: Error & { data?: unknown }): ParleyError | undefined {
  const refusal = error.data as HandshakeRefusal | undefined;
  return refusal && typeof refusal.code === 'string' ? ParleyError.fromWire(refusal) : undefined;
}
