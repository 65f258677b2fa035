import type { ServerEvent, ServerEventName } from '@parley/shared/protocol';
import type { Socket } from 'socket.io';

/** An event, encoded once for all who get it. */
export interface Frame {
  /** As a Socket.IO packet. */
  readonly packet: string;
  /** As a whole WebSocket frame that carries the packet. */
  readonly bytes: Buffer;
}

/** What of Socket.IO's insides is used below; `frame.test.ts` guards it against the installed version. */
interface Engine {
  readonly readyState: string;
  readonly writeBuffer: readonly unknown[];
  readonly transport: { readonly socket?: { readonly readyState: number; readonly _socket?: Tcp | null } };
  write(packet: string, options: { compress: boolean; wsPreEncodedFrame: Buffer[] }): void;
}

interface Tcp {
  readonly writableLength: number;
  write(bytes: Buffer): boolean;
}

const WEBSOCKET_OPEN = 1;
/** Socket.IO's packet type EVENT, in the default namespace; Engine.IO's packet type MESSAGE goes before it. */
const EVENT = '2';
const MESSAGE = '4';

export function frameOf<E extends ServerEventName>(name: E, event: ServerEvent<E>): Frame {
  const packet = `${EVENT}${JSON.stringify([name, event])}`;
  return { packet, bytes: textFrame(`${MESSAGE}${packet}`) };
}

/**
 * Sends a frame after all that was sent to this client before. When nothing waits for the client the bytes go to the
 * network as they are; else they wait their turn in Engine.IO's queue, which is also what tells us that it is slow.
 */
export function sendFrame(socket: Pick<Socket, 'conn'>, { packet, bytes }: Frame): void {
  const engine = socket.conn as unknown as Engine;
  if (engine.readyState !== 'open') return;
  const ws = engine.transport.socket;
  const tcp = ws?.readyState === WEBSOCKET_OPEN ? ws._socket : undefined;
  if (tcp && engine.writeBuffer.length === 0 && tcp.writableLength === 0) tcp.write(bytes);
  else engine.write(packet, { compress: false, wsPreEncodedFrame: [bytes] });
}

/** One unmasked, final WebSocket frame of text (RFC 6455, section 5.2). */
function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x81;
  if (header === 2) {
    frame[1] = length;
  } else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, header);
  return frame;
}
