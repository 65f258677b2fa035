import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { IceParameters } from '@parley/shared/media';

const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const MAGIC_COOKIE = 0x2112a442;
const FINGERPRINT_MASK = 0x5354554e;
const HEADER_BYTES = 20;

/** What a client asks an ICE-lite server that it is to be reached at, RFC 8445, 7.2.2; without nominating the path. */
export function bindingRequest({ usernameFragment, password }: Pick<IceParameters, 'usernameFragment' | 'password'>) {
  const head = Buffer.concat([Buffer.alloc(8), randomBytes(12)]);
  head.writeUInt16BE(BINDING_REQUEST, 0);
  head.writeUInt32BE(MAGIC_COOKIE, 4);
  const asked = Buffer.concat([
    head,
    attribute(0x0006, Buffer.from(`${usernameFragment}:test`)),
    attribute(0x0024, Buffer.from([0x7e, 0xff, 0xff, 0xff])),
    attribute(0x802a, randomBytes(8)),
  ]);
  // Each of the two proofs covers the message as if it ended with it (RFC 8489, 14.5 and 14.7).
  asked.writeUInt16BE(asked.length + 24 - HEADER_BYTES, 2);
  const signed = Buffer.concat([asked, attribute(0x0008, createHmac('sha1', password).update(asked).digest())]);
  signed.writeUInt16BE(signed.length + 8 - HEADER_BYTES, 2);
  const fingerprint = Buffer.alloc(4);
  fingerprint.writeUInt32BE((crc32(signed) ^ FINGERPRINT_MASK) >>> 0);
  return Buffer.concat([signed, attribute(0x8028, fingerprint)]);
}

export const isBindingSuccess = (message: Buffer): boolean =>
  message.length >= HEADER_BYTES && message.readUInt16BE(0) === BINDING_SUCCESS;

function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(value.length, 2);
  value.copy(bytes, 4);
  return bytes;
}
