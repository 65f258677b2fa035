// STUN messages as they come from servers that are none, or mean harm.
import { deepEqual, equal } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ATTRIBUTE, addressOf, CLASS, decode, encode, errorOf, longTermKey, METHOD, split } from './stun-message.mjs';

const id = Buffer.from('b7e7a701bc34d686fa87dfae', 'hex');
/** RFC 5769, 2.2: a response over IPv4, signed with a password, and summed. */
const RFC_RESPONSE = Buffer.from(
  '0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643' +
    '000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96',
  'hex',
);

/** @param {import('./stun-message.mjs').Attribute[]} attributes @param {Buffer} [key] */
const success = (attributes, key) => encode({ method: METHOD.allocate, class: CLASS.success, id, attributes, key });

/** All that is asked of a message. @param {Buffer} bytes */
function readAll(bytes) {
  const message = decode(bytes);
  if (!message) return;
  errorOf(message);
  message.isSigned(Buffer.from('key'));
  for (const type of Object.values(ATTRIBUTE)) addressOf(message, type);
}

test('a response of the RFC is read, its signature and its sum too', () => {
  const message = decode(RFC_RESPONSE);
  equal(message?.method, METHOD.binding);
  equal(message?.class, CLASS.success);
  deepEqual(message && addressOf(message, ATTRIBUTE.xorMappedAddress), { host: '192.0.2.1', port: 32_853 });
  equal(message?.isSigned(Buffer.from('VOkJxbRl1RmTxUk/WvJxBt')), true);
  equal(message?.isSigned(Buffer.from('another')), false);
});

test('one flipped bit, and the sum is wrong', () => {
  for (let at = 0; at < RFC_RESPONSE.length; at++) {
    const damaged = Buffer.from(RFC_RESPONSE);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    // Of the attribute of the sum, its type says that it is one.
    if (at !== RFC_RESPONSE.length - 8 && at !== RFC_RESPONSE.length - 7) equal(decode(damaged), null, `byte ${at}`);
  }
});

test('what stands behind the signature does not count, and of two of one kind the first does', () => {
  const key = longTermKey('ann', 'parley', 'secret');
  const unsummed = (/** @type {Buffer} */ bytes) => {
    const rest = Buffer.from(bytes.subarray(0, -8));
    rest.writeUInt16BE(rest.length - 20, 2);
    return rest;
  };
  const [first, second] = [Buffer.from('first'), Buffer.from('second')];
  const signed = unsummed(
    success(
      [
        [ATTRIBUTE.nonce, first],
        [ATTRIBUTE.nonce, second],
      ],
      key,
    ),
  );
  const added = unsummed(success([[ATTRIBUTE.realm, second]])).subarray(20);
  const both = Buffer.concat([signed, added]);
  both.writeUInt16BE(both.length - 20, 2);
  const message = decode(both);
  deepEqual(message?.attributes.get(ATTRIBUTE.nonce), first);
  equal(message?.attributes.has(ATTRIBUTE.realm), false);
  equal(message?.isSigned(key), true);
});

test('an address of a length that its family has not, of no family, or with port 0 is none', () => {
  for (const bytes of [
    [0, 1, 1, 1, 1, 2, 3],
    [0, 1, 1, 1, 1, 2, 3, 4, 5],
    [0, 2, 1, 1, 1, 2, 3, 4],
    [0, 3, 1, 1, 1, 2, 3, 4],
    [0, 1, 0x21, 0x12, 1, 2, 3, 4],
  ]) {
    const message = decode(success([[ATTRIBUTE.xorRelayedAddress, Buffer.from(bytes)]]));
    equal(message && addressOf(message, ATTRIBUTE.xorRelayedAddress), null, bytes.join());
  }
});

test('the reason of an error is short, and cannot rule the terminal it is shown on', () => {
  const reasonOf = (/** @type {string} */ text) => {
    const value = Buffer.concat([Buffer.from([0, 0, 4, 3]), Buffer.from(text)]);
    const message = decode(encode({ method: 3, class: CLASS.error, id, attributes: [[ATTRIBUTE.errorCode, value]] }));
    return message && errorOf(message);
  };
  deepEqual(reasonOf('\x1b[2JForbidden\r\n'), { code: 403, reason: '[2JForbidden' });
  equal(reasonOf('x'.repeat(2_000))?.reason.length, 127);
  for (const [hundreds, rest] of [
    [2, 0],
    [7, 0],
    [4, 100],
  ]) {
    const value = Buffer.from([0, 0, hundreds ?? 0, rest ?? 0]);
    const message = decode(encode({ method: 3, class: CLASS.error, id, attributes: [[ATTRIBUTE.errorCode, value]] }));
    equal(message && errorOf(message), null);
  }
});

test('no bytes are too strange to be read, whole, cut off or damaged', () => {
  const types = Object.values(ATTRIBUTE);
  for (let i = 0; i < 2_000; i++) {
    const noise = createHash('sha512').update(String(i)).digest();
    const [first = 0, second = 0, length = 0, at = 0, cut = 0] = noise;
    readAll(noise);
    const whole = success([
      [types[first % types.length] ?? 0, noise.subarray(0, length % 30)],
      [types[second % types.length] ?? 0, noise.subarray(30)],
    ]);
    readAll(whole.subarray(0, cut % whole.length));
    // Without the sum, which would give away that it is damaged.
    const damaged = Buffer.from(whole.subarray(0, -8));
    damaged.writeUInt16BE(damaged.length - 20, 2);
    readAll(damaged);
    noise.copy(damaged, 20 + (at % (damaged.length - 20)), 60);
    readAll(damaged);
    const { messages, rest } = split(damaged);
    equal(Buffer.concat([...messages, rest]).equals(damaged), true);
  }
});
