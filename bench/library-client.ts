import { once } from 'node:events';
import { type Ack, PROTOCOL_VERSIONS } from '@parley/shared/protocol';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { Client, ClientOptions } from './crowd-client.ts';

const REQUEST_DEADLINE_MS = 30_000;

/** A client as people have it: socket.io-client. */
export class SocketIoClient implements Client {
  readonly opened: Promise<void>;
  #socket: Socket;

  constructor({ port, onEvent, onEnd }: ClientOptions) {
    this.#socket = io(`http://127.0.0.1:${port}`, {
      transports: ['websocket'],
      auth: { versions: PROTOCOL_VERSIONS },
      reconnection: false,
      forceNew: true,
    });
    this.#socket.onAny((name: string, event: unknown) => onEvent(JSON.stringify([name, event])));
    this.#socket.on('disconnect', (reason) => onEnd(new Error(reason)));
    this.opened = new Promise((resolve, reject) => {
      this.#socket.once('connect', resolve);
      this.#socket.once('connect_error', reject);
    });
  }

  async ask(name: string, input: object): Promise<void> {
    const answer: Ack<unknown> = await this.#socket.timeout(REQUEST_DEADLINE_MS).emitWithAck(name, input);
    if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  }
}

/** Its counterpart for the limit: the client of `ws`. */
export class WsClient implements Client {
  readonly opened: Promise<void>;

  constructor({ port, localAddress, onEvent, onEnd }: ClientOptions) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { localAddress, perMessageDeflate: false });
    socket.on('message', (data) => onEvent(String(data)));
    socket.on('error', onEnd);
    socket.on('close', () => onEnd(new Error('closed')));
    this.opened = once(socket, 'open').then(() => {});
  }

  async ask(): Promise<void> {
    throw new Error('a bare WebSocket takes no requests');
  }
}
