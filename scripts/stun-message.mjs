// STUN messages (RFC 8489) as TURN (RFC 8656) uses them: to bytes and back.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';

const COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const FINGERPRINT_XOR = 0x5354554e;
/** Of a type: what is method, and what is class. */
const METHOD_BITS = 0x3eef;
const CLASS_BITS = 0x0110;
/** An attribute's header, and the HMAC-SHA1 or the CRC-32 it holds. */
const INTEGRITY_BYTES = 24;
const FINGERPRINT_BYTES = 8;
/** The most characters of a reason there may be (RFC 8489, 14.8). */
const MOST_OF_A_REASON = 127;

export const METHOD = { binding: 1, allocate: 3, refresh: 4, send: 6, data: 7, createPermission: 8 };
export const CLASS = { request: 0x000, indication: 0x010, success: 0x100, error: 0x110 };
export const ATTRIBUTE = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  lifetime: 0x000d,
  xorPeerAddress: 0x0012,
  data: 0x0013,
  realm: 0x0014,
  nonce: 0x0015,
  xorRelayedAddress: 0x0016,
  requestedFamily: 0x0017,
  requestedTransport: 0x0019,
  xorMappedAddress: 0x0020,
  fingerprint: 0x8028,
};

/**
 * @typedef {{ host: string, port: number }} Address
 * @typedef {[type: number, value: Buffer | string | Address]} Attribute
 * @typedef {{ method: number, class: number, id: Buffer, attributes: Map<number, Buffer>, isSigned: (key: Buffer) => boolean }} Message
 *   `isSigned`: whether it has been, with this key
 */

export const newTransactionId = () => randomBytes(12);

/** The key of long-term credentials. @param {string} username @param {string} realm @param {string} password */
export const longTermKey = (username, realm, password) =>
  createHash('md5').update(`${username}:${realm}:${password}`).digest();

/**
 * @param {{ method: number, class: number, id: Buffer, attributes?: Attribute[], key?: Buffer | undefined }} message with
 * `key` it is signed
 */
export function encode({ method, class: kind, id, attributes = [], key }) {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(method | kind, 0);
  header.writeUInt32BE(COOKIE, 4);
  id.copy(header, 8);
  let body = Buffer.concat(attributes.map(([type, value]) => attribute(type, bytesOf(value, id))));
  /** All before the attribute of so many bytes that is to come, which the length counts already. */
  const before = (/** @type {number} */ bytes) => {
    header.writeUInt16BE(body.length + bytes, 2);
    return Buffer.concat([header, body]);
  };
  if (key) body = Buffer.concat([body, attribute(ATTRIBUTE.messageIntegrity, hmac(key, before(INTEGRITY_BYTES)))]);
  body = Buffer.concat([body, attribute(ATTRIBUTE.fingerprint, fingerprint(before(FINGERPRINT_BYTES)))]);
  return before(0);
}

/** @param {Buffer} bytes @returns {Message | null} null: it is no STUN message, or a damaged one */
export function decode(bytes) {
  if (bytes.length < HEADER_BYTES || bytes.readUInt32BE(4) !== COOKIE) return null;
  const type = bytes.readUInt16BE(0);
  const length = bytes.readUInt16BE(2);
  if ((type & ~(METHOD_BITS | CLASS_BITS)) !== 0 || length % 4 !== 0 || HEADER_BYTES + length > bytes.length)
    return null;
  /** @type {Map<number, Buffer>} */
  const attributes = new Map();
  /** Where the signature begins; nothing behind it counts but the fingerprint. */
  let signedAt = 0;
  for (let at = HEADER_BYTES; at < HEADER_BYTES + length; ) {
    const name = bytes.readUInt16BE(at);
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (end > HEADER_BYTES + length) return null;
    const value = bytes.subarray(at + 4, end);
    // The last of all, so that the length in the header is as it was when it was summed.
    if (name === ATTRIBUTE.fingerprint && !value.equals(fingerprint(bytes.subarray(0, at)))) return null;
    // Of several of one kind, the first counts.
    if (signedAt === 0 && !attributes.has(name)) attributes.set(name, value);
    if (name === ATTRIBUTE.messageIntegrity && signedAt === 0) signedAt = at;
    at = HEADER_BYTES + padded(end - HEADER_BYTES);
  }
  const isSigned = (/** @type {Buffer} */ key) => {
    if (signedAt === 0) return false;
    const signed = Buffer.from(bytes.subarray(0, signedAt));
    signed.writeUInt16BE(signedAt - HEADER_BYTES + INTEGRITY_BYTES, 2);
    return hmac(key, signed).equals(attributes.get(ATTRIBUTE.messageIntegrity) ?? Buffer.alloc(0));
  };
  return { method: type & METHOD_BITS, class: type & CLASS_BITS, id: bytes.subarray(8, 20), attributes, isSigned };
}

/** Takes whole messages from the front of what a stream has brought. @param {Buffer} bytes */
export function split(bytes) {
  const messages = [];
  let at = 0;
  while (bytes.length - at >= HEADER_BYTES) {
    const end = at + HEADER_BYTES + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) break;
    messages.push(bytes.subarray(at, end));
    at = end;
  }
  return { messages, rest: bytes.subarray(at) };
}

/** @param {Message} message @returns {{ code: number, reason: string } | null} null: it tells of none */
export function errorOf({ attributes }) {
  const value = attributes.get(ATTRIBUTE.errorCode);
  const [, , hundreds = 0, rest = 0] = value ?? [];
  if (!value || value.length < 4 || hundreds < 3 || hundreds > 6 || rest > 99) return null;
  // It goes to a terminal.
  const reason = value.subarray(4).toString().replaceAll(/\p{C}/gu, '').slice(0, MOST_OF_A_REASON);
  return { code: 100 * hundreds + rest, reason };
}

/** @param {Attribute[1]} value @param {Buffer} id */
function bytesOf(value, id) {
  if (typeof value === 'string' || Buffer.isBuffer(value)) return Buffer.from(value);
  const head = Buffer.alloc(4);
  const ip = isIPv6(value.host) ? ipv6(value.host) : Buffer.from(value.host.split('.').map(Number));
  head[1] = ip.length === 4 ? 1 : 2;
  head.writeUInt16BE(value.port ^ (COOKIE >>> 16), 2);
  return Buffer.concat([head, masked(ip, id)]);
}

/** @param {string} host */
function ipv6(host) {
  const [head = '', tail] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('::');
  const groups = (/** @type {string} */ part) =>
    part ? part.split(':').map((group) => Number.parseInt(group, 16)) : [];
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = Array(8 - before.length - after.length).fill(0);
  const bytes = Buffer.alloc(16);
  for (const [i, group] of [...before, ...zeros, ...after].entries()) bytes.writeUInt16BE(group, 2 * i);
  return bytes;
}

/** @param {Buffer} ip @param {Buffer} id */
function masked(ip, id) {
  const mask = Buffer.concat([Buffer.from('2112a442', 'hex'), id]);
  return Buffer.from(ip.map((byte, i) => byte ^ (mask[i] ?? 0)));
}

/** @param {Message} message @param {number} type @returns {Address | null} null: none there, or none that something could be sent to */
export function addressOf({ attributes, id }, type) {
  const value = attributes.get(type);
  if (!value || value.length < 8) return null;
  const port = value.readUInt16BE(2) ^ (COOKIE >>> 16);
  const ip = masked(value.subarray(4), id);
  const isOfFamily = ip.length === (value[1] === 1 ? 4 : value[1] === 2 ? 16 : 0);
  if (!isOfFamily || port === 0) return null;
  if (ip.length === 4) return { host: ip.join('.'), port };
  const groups = Array.from({ length: 8 }, (_, i) => ip.readUInt16BE(2 * i).toString(16));
  return { host: new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1), port };
}

/** @param {number} type @param {Buffer} value */
function attribute(type, value) {
  const bytes = Buffer.alloc(4 + padded(value.length));
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(value.length, 2);
  value.copy(bytes, 4);
  return bytes;
}

const padded = (/** @type {number} */ length) => (length + 3) & ~3;

/** @param {Buffer} key @param {Buffer} bytes */
const hmac = (key, bytes) => createHmac('sha1', key).update(bytes).digest();

/** @param {Buffer} bytes all before it, its length counted in the header */
function fingerprint(bytes) {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE((crc32(bytes) ^ FINGERPRINT_XOR) >>> 0);
  return sum;
}

/** zlib's, which Node has since 22.2 only. @param {Buffer} bytes */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return (crc ^ 0xffffffff) >>> 0;
}
