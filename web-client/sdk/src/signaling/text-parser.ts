import { Emitter } from '@parley/shared/runtime';

/*
 * Socket.IO's protocol 5 without binary messages, of which Parley has none: a `parser` as Socket.IO takes one. The one
 * that it brings is mostly about those, and the build leaves it out for this.
 * https://github.com/socketio/socket.io-protocol
 */

export const protocol = 5;

export const PacketType = { CONNECT: 0, DISCONNECT: 1, EVENT: 2, ACK: 3, CONNECT_ERROR: 4 } as const;

export interface Packet {
  type: number;
  nsp: string;
  id?: number | undefined;
  data?: unknown;
}

/** Type, namespace, id, JSON. */
const PACKET = /^([0-4])(?:(\/[^,]*),)?(\d+)?(.*)$/s;
/** Socket.IO tells its own news by these names. */
const RESERVED = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];

export class Encoder {
  encode({ type, nsp, id, data }: Packet): [string] {
    const namespace = nsp === '/' ? '' : `${nsp},`;
    return [`${type}${namespace}${id ?? ''}${data === undefined ? '' : JSON.stringify(data)}`];
  }
}

export class Decoder extends Emitter<{ decoded: [packet: Packet] }> {
  /** @throws {Error} when it is no packet; Socket.IO then closes the connection */
  add(message: unknown): void {
    const [, type, nsp = '/', id, json] = (typeof message === 'string' && PACKET.exec(message)) || [];
    const packet: Packet = { type: Number(type), nsp };
    if (id !== undefined) packet.id = Number(id);
    if (json) packet.data = JSON.parse(json);
    if (!isValid(packet)) throw new Error('not a packet of Socket.IO');
    this.emit('decoded', packet);
  }

  /** There is nothing half read to forget. */
  destroy(): void {}
}

function isValid({ type, data }: Packet): boolean {
  switch (type) {
    case PacketType.CONNECT:
      return isObject(data);
    case PacketType.DISCONNECT:
      return data === undefined;
    case PacketType.CONNECT_ERROR:
      return typeof data === 'string' || isObject(data);
    case PacketType.EVENT:
      return Array.isArray(data) && typeof data[0] === 'string' && !RESERVED.includes(data[0]);
    case PacketType.ACK:
      return Array.isArray(data);
    default:
      return false;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
