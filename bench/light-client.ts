import { createConnection, type Socket } from 'node:net';
import { PROTOCOL_VERSIONS } from '@parley/shared/protocol';
import type { Client, ClientOptions } from './crowd-client.ts';
import { clientFrame, FrameReader } from './websocket.ts';

/** All light clients read into it, one after the other. */
const READ_BUFFER = Buffer.alloc(64 * 1024);
const PONG = clientFrame('3');
const HANDSHAKE_DEADLINE_MS = 30_000;

/**
 * The least that a client can be, so that thousands in one process are not what is measured: WebSocket on a bare TCP
 * connection, and of Engine.IO and Socket.IO just the handshake, pings, one request at a time and its answer.
 */
export class LightClient implements Client {
  readonly #options: ClientOptions;
  readonly #tcp: Socket;
  readonly #frames = new FrameReader();
  readonly #opened = Promise.withResolvers<void>();
  #isUpgraded = false;
  #requests = 0;
  #answer: PromiseWithResolvers<void> | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    const { port, localAddress, speaks } = options;
    const onread = { buffer: READ_BUFFER, callback: (length: number) => this.#read(READ_BUFFER.subarray(0, length)) };
    this.#tcp = createConnection({ port, host: '127.0.0.1', localAddress, onread, noDelay: true });
    const path = speaks === 'socket.io' ? '/socket.io/?EIO=4&transport=websocket' : '/';
    this.#tcp.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    this.#tcp.on('error', (error) => this.#end(error));
    this.#tcp.on('close', () => this.#end(new Error('closed')));
    const late = setTimeout(() => this.#end(new Error('no handshake in time')), HANDSHAKE_DEADLINE_MS);
    this.#opened.promise.then(
      () => clearTimeout(late),
      () => clearTimeout(late),
    );
  }

  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  ask(name: string, input: object): Promise<void> {
    this.#answer = Promise.withResolvers();
    this.#tcp.write(clientFrame(`42${this.#requests++}${JSON.stringify([name, input])}`));
    return this.#answer.promise;
  }

  #read(bytes: Buffer): boolean {
    let frames = bytes;
    if (!this.#isUpgraded) {
      // The answer to the upgrade is small and comes in one piece.
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0 || !bytes.toString('latin1', 0, 12).endsWith('101')) {
        this.#end(new Error(`not upgraded: ${bytes.toString('latin1', 0, 60)}`));
        return true;
      }
      this.#isUpgraded = true;
      if (this.#options.speaks === 'websocket') this.#opened.resolve();
      frames = bytes.subarray(end + 4);
    }
    this.#frames.read(
      frames,
      (text) => this.#handle(text),
      () => this.#end(new Error('closed by the server')),
    );
    return true;
  }

  #handle(text: string): void {
    if (text.startsWith('42')) this.#options.onEvent(text);
    else if (text === '2') this.#tcp.write(PONG);
    else if (text.startsWith('43')) this.#answered(text);
    else if (text.startsWith('0')) this.#tcp.write(clientFrame(`40${JSON.stringify({ versions: PROTOCOL_VERSIONS })}`));
    else if (text.startsWith('40')) this.#opened.resolve();
    else this.#end(new Error(`refused: ${text.slice(0, 200)}`));
  }

  #answered(text: string): void {
    const ok = text.slice(text.indexOf('['), 30).startsWith('[{"ok":true');
    if (ok) this.#answer?.resolve();
    else this.#answer?.reject(new Error(text.slice(0, 200)));
  }

  #end(error: Error): void {
    this.#opened.reject(error);
    this.#answer?.reject(error);
    this.#tcp.destroy();
    this.#options.onEnd(error);
  }
}
