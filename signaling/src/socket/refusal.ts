import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HandshakeRefusal } from '@parley/shared/protocol';

/** From RFC 6455: proves that whoever answers speaks WebSocket. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** "Try again later" of the WebSocket close codes. */
const TRY_AGAIN_LATER = 1013;
/** A client that does not hang up by itself is hung up on. */
const GONE_BY_MS = 5_000;

/**
 * Refuses an upgrade in a way the client hears of. A browser tells a page nothing of an HTTP answer to a WebSocket, so
 * this speaks just enough of WebSocket, Engine.IO and Socket.IO to say `connect_error`: one write, and no
 * object of any of them is made.
 */
export function refuseUpgrade(request: IncomingMessage, socket: Duplex, refusal: HandshakeRefusal): void {
  const key = request.headers['sec-websocket-key'];
  if (request.headers.upgrade?.toLowerCase() !== 'websocket' || key === undefined) {
    refuseWithStatus(socket, '503 Service Unavailable', refusal.retryAfterMs);
    return;
  }
  const accept = createHash('sha1').update(`${key}${WEBSOCKET_GUID}`).digest('base64');
  const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
  // An Engine.IO handshake, then a Socket.IO CONNECT_ERROR.
  const opened = { sid: 'refused', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 0 };
  const code = Buffer.alloc(2);
  code.writeUInt16BE(TRY_AGAIN_LATER);
  const answer = Buffer.concat([
    Buffer.from(head),
    frame(0x1, Buffer.from(`0${JSON.stringify(opened)}`)),
    frame(0x1, Buffer.from(`44${JSON.stringify({ message: refusal.message, data: refusal })}`)),
    frame(0x8, code),
  ]);
  hangUp(socket, answer);
}

/** Refuses with a status of HTTP. */
export function refuseWithStatus(socket: Duplex, status: string, retryAfterMs?: number): void {
  const retryAfter = retryAfterMs === undefined ? '' : `Retry-After: ${Math.ceil(retryAfterMs / 1000)}\r\n`;
  hangUp(socket, Buffer.from(`HTTP/1.1 ${status}\r\nConnection: close\r\n${retryAfter}Content-Length: 0\r\n\r\n`));
}

function hangUp(socket: Duplex, lastWords: Buffer): void {
  socket.on('error', () => {});
  const timer = setTimeout(() => socket.destroy(), GONE_BY_MS);
  socket.once('close', () => clearTimeout(timer));
  // What it still sends is read and dropped: unread, it would make our words be lost with a reset.
  socket.resume();
  socket.end(lastWords);
}

/** A frame of a server: final, not masked. */
function frame(opcode: number, payload: Buffer): Buffer {
  const head =
    payload.length < 126
      ? Buffer.from([0x80 | opcode, payload.length])
      : Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, payload]);
}
