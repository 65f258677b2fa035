import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface Frame {
  /** 1 text, 2 binary, 0 continuation, 8 close, 9 ping, 10 pong; others are reserved. */
  opcode: number;
  payload: Buffer;
  fin?: boolean;
  /** The three reserved bits, 0 to 7. */
  rsv?: number;
  /** A client must mask, and with the key that it names. */
  mask?: 'right' | 'none' | 'wrong';
  /** Says another length than that of the payload. */
  length?: number;
}

/** A close frame of the server's at the end; all it sends otherwise is text. */
const CLOSE_FRAME = /\x88[^\x7e-\xff][^\x81]*$/;
const CONNECT = '40{"versions":[1,2,3]}';

/** A WebSocket by hand: it can say what no library would. */
export class RawSocket {
  readonly tcp: Socket;
  received = '';
  isClosed = false;

  /** @param isPolite hangs up when the server takes its leave */
  constructor(port: number, { isPolite = true }: { isPolite?: boolean } = {}) {
    this.tcp = connect(port, '127.0.0.1');
    this.tcp.on('data', (data) => {
      // The last of it is enough to see an answer, and never more than that is kept.
      this.received = (this.received + data.toString('latin1')).slice(-4_096);
      if (isPolite && CLOSE_FRAME.test(this.received)) this.tcp.end();
    });
    this.tcp.on('error', () => {});
    this.tcp.on('close', () => {
      this.isClosed = true;
    });
  }

  /** Through the upgrade; then it is an Engine.IO connection. */
  async upgrade(): Promise<this> {
    const key = randomBytes(16).toString('base64');
    this.tcp.write(
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: victim\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    await this.hears('"sid"');
    return this;
  }

  /** Through Socket.IO's handshake as well: then it is a client. */
  async connect(): Promise<this> {
    await this.upgrade();
    this.received = '';
    this.text(CONNECT);
    await this.hears('40{');
    return this;
  }

  async hears(what: string): Promise<void> {
    const end = Date.now() + 10_000;
    while (!this.received.includes(what)) {
      if (this.isClosed || Date.now() > end) throw new Error(`did not hear ${what}, but: ${this.received.slice(-200)}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  text(text: string): void {
    this.frame({ opcode: 1, payload: Buffer.from(text) });
  }

  frame(frame: Frame): void {
    this.bytes(encode(frame));
  }

  bytes(bytes: Buffer): void {
    if (!this.tcp.destroyed) this.tcp.write(bytes);
  }

  /** As a cable that is cut: with a reset, without a goodbye. */
  cut(): void {
    this.tcp.resetAndDestroy();
  }
}

function encode({ opcode, payload, fin = true, rsv = 0, mask = 'right', length = payload.length }: Frame): Buffer {
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const masked = mask === 'none' ? 0 : 0x80;
  const head =
    length < 126
      ? Buffer.from([first, masked | length])
      : length < 65_536
        ? Buffer.from([first, masked | 126, length >> 8, length & 0xff])
        : Buffer.concat([Buffer.from([first, masked | 127]), bigEndian64(length)]);
  if (mask === 'none') return Buffer.concat([head, payload]);
  const key = randomBytes(4);
  const body = mask === 'wrong' ? payload : payload.map((byte, i) => byte ^ (key[i % 4] ?? 0));
  return Buffer.concat([head, key, body]);
}

function bigEndian64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
