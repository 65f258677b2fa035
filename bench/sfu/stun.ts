import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** One end of ICE, as the other needs it (RFC 8445). */
export interface IceCredentials {
  readonly usernameFragment: string;
  readonly password: string;
}

const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const INTEGRITY_BYTES = 24;
const FINGERPRINT_BYTES = 8;
const FINGERPRINT_MASK = 0x5354554e;
/** Of a host candidate. */
const PRIORITY = 0x7e_ff_ff_ff;
const IPV4 = 1;
const ATTRIBUTE = {
  username: 0x0006,
  integrity: 0x0008,
  priority: 0x0024,
  useCandidate: 0x0025,
  fingerprint: 0x8028,
  controlling: 0x802a,
  mappedAddress: 0x0020,
} as const;

/** A check that also nominates (RFC 8445, 7.2.2), to an ICE-lite server: whoever sends it is connected once it is answered. */
export function bindingRequest(local: IceCredentials, remote: IceCredentials): Buffer {
  const priority = Buffer.alloc(4);
  priority.writeUInt32BE(PRIORITY);
  return seal(
    header(BINDING_REQUEST, randomBytes(12)),
    [
      attribute(ATTRIBUTE.username, Buffer.from(`${remote.usernameFragment}:${local.usernameFragment}`)),
      attribute(ATTRIBUTE.priority, priority),
      attribute(ATTRIBUTE.controlling, randomBytes(8)),
      attribute(ATTRIBUTE.useCandidate, Buffer.alloc(0)),
    ],
    remote.password,
  );
}

/** The answer to a check from that address; some servers that call themselves ICE-lite send checks all the same. */
export function bindingSuccess(
  request: Buffer,
  local: IceCredentials,
  from: { address: string; port: number },
): Buffer {
  const mapped = Buffer.alloc(8);
  mapped.writeUInt8(IPV4, 1);
  mapped.writeUInt16BE(from.port ^ (MAGIC_COOKIE >>> 16), 2);
  const ip = Buffer.from(from.address.split('.').map(Number)).readUInt32BE();
  mapped.writeUInt32BE((ip ^ MAGIC_COOKIE) >>> 0, 4);
  return seal(
    header(BINDING_SUCCESS, request.subarray(8, HEADER_BYTES)),
    [attribute(ATTRIBUTE.mappedAddress, mapped)],
    local.password,
  );
}

/** Adds what proves it: each of the two covers the message as if it ended with it (RFC 8489, 14.5 and 14.7). */
function seal(head: Buffer, attributes: readonly Buffer[], password: string): Buffer {
  const message = Buffer.concat([head, ...attributes]);
  setLength(message, message.length - HEADER_BYTES + INTEGRITY_BYTES);
  const integrity = createHmac('sha1', password).update(message).digest();
  const signed = Buffer.concat([message, attribute(ATTRIBUTE.integrity, integrity)]);
  setLength(signed, signed.length - HEADER_BYTES + FINGERPRINT_BYTES);
  const fingerprint = Buffer.alloc(4);
  fingerprint.writeUInt32BE((crc32(signed) ^ FINGERPRINT_MASK) >>> 0);
  return Buffer.concat([signed, attribute(ATTRIBUTE.fingerprint, fingerprint)]);
}

const isOfType = (type: number) => (message: Buffer) =>
  message.length >= HEADER_BYTES && message.readUInt16BE(0) === type;
export const isBindingRequest = isOfType(BINDING_REQUEST);
export const isBindingSuccess = isOfType(BINDING_SUCCESS);

function header(type: number, transaction: Buffer): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt32BE(MAGIC_COOKIE, 4);
  transaction.copy(bytes, 8);
  return bytes;
}

const setLength = (message: Buffer, length: number) => message.writeUInt16BE(length, 2);

function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(value.length, 2);
  value.copy(bytes, 4);
  return bytes;
}
