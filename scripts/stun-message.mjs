// STUN messages (RFC 8489) as TURN (RFC 8656) uses them: to bytes and back.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';

const COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const FINGERPRINT_XOR = 0x5354554e;

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
 * @typedef {{ method: number, class: number, id: Buffer, attributes: Map<number, Buffer> }} Message
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
  // What is signed, or summed, counts the attribute that will hold the result.
  const upTo = (/** @type {number} */ bytes) => {
    header.writeUInt16BE(body.length + bytes, 2);
    return Buffer.concat([header, body]);
  };
  if (key) {
    const digest = createHmac('sha1', key).update(upTo(24)).digest();
    body = Buffer.concat([body, attribute(ATTRIBUTE.messageIntegrity, digest)]);
  }
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE((crc32(upTo(8)) ^ FINGERPRINT_XOR) >>> 0);
  body = Buffer.concat([body, attribute(ATTRIBUTE.fingerprint, sum)]);
  return upTo(0);
}

/** @param {Buffer} bytes @returns {Message | null} null: it is no STUN message */
export function decode(bytes) {
  if (bytes.length < HEADER_BYTES || bytes.readUInt32BE(4) !== COOKIE) return null;
  const type = bytes.readUInt16BE(0);
  /** @type {Map<number, Buffer>} */
  const attributes = new Map();
  const end = HEADER_BYTES + bytes.readUInt16BE(2);
  if ((type & 0xc000) !== 0 || end > bytes.length) return null;
  for (let at = HEADER_BYTES; at + 4 <= end; ) {
    const length = bytes.readUInt16BE(at + 2);
    if (at + 4 + length > end) return null;
    attributes.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + length));
    at += 4 + padded(length);
  }
  return { method: type & 0x000f, class: type & 0x0110, id: bytes.subarray(8, 20), attributes };
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

/** @param {Message} message @returns {{ code: number, reason: string } | null} */
export function errorOf({ attributes }) {
  const value = attributes.get(ATTRIBUTE.errorCode);
  if (!value || value.length < 4) return null;
  return { code: (value[2] ?? 0) * 100 + (value[3] ?? 0), reason: value.subarray(4).toString() };
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

/** @param {Message} message @param {number} type @returns {Address | null} */
export function addressOf({ attributes, id }, type) {
  const value = attributes.get(type);
  if (!value || value.length < 8) return null;
  const port = value.readUInt16BE(2) ^ (COOKIE >>> 16);
  const ip = masked(value.subarray(4), id);
  if (value[1] === 1) return { host: ip.join('.'), port };
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

/** zlib's, which Node has since 22.2 only. @param {Buffer} bytes */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return (crc ^ 0xffffffff) >>> 0;
}
