// What `npm run turn:check` says of servers that refuse, lie, or are none.
import { deepEqual, equal, match } from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { ATTRIBUTE, CLASS, decode, encode, longTermKey, METHOD } from './stun-message.mjs';
import { probe, targetsOf } from './turn-probe.mjs';

const credentials = { username: 'ann', credential: 'secret' };
const REALM = 'parley';
const KEY = longTermKey(credentials.username, REALM, credentials.credential);
/** Long enough for any answer; what stays silent costs it. */
const DEADLINE_MS = 4_000;
const SILENCE_MS = 300;

/**
 * @typedef {import('./stun-message.mjs').Attribute[]} Attributes
 * @typedef {{ class?: number, attributes?: Attributes, key?: Buffer }} Answer
 */

/** @param {number} code @param {Attributes} [more] @returns {Answer} */
const error = (code, more = []) => {
  const value = Buffer.concat([Buffer.from([0, 0, Math.floor(code / 100), code % 100]), Buffer.from('No')]);
  return { class: CLASS.error, attributes: [[ATTRIBUTE.errorCode, value], ...more] };
};

/** @type {Attributes} */
const CHALLENGE = [
  [ATTRIBUTE.realm, REALM],
  [ATTRIBUTE.nonce, 'once'],
];
/** @type {Attributes} */
const MAPPED = [[ATTRIBUTE.xorMappedAddress, { host: '127.0.0.1', port: 9 }]];

/**
 * A TURN server over UDP that says to an allocation what it is told to.
 * @param {(isSigned: boolean) => Answer | null} allocation null: nothing
 * @param {{ binding?: Answer, deadlineMs?: number }} [more]
 */
async function findingOf(allocation, { binding = { attributes: MAPPED }, deadlineMs = DEADLINE_MS } = {}) {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    const asked = decode(bytes);
    if (!asked) return;
    const answer =
      asked.method === METHOD.allocate ? allocation(asked.attributes.has(ATTRIBUTE.messageIntegrity)) : binding;
    if (answer) socket.send(encode({ method: asked.method, class: CLASS.success, id: asked.id, ...answer }), from.port);
  });
  try {
    await new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(null)));
    const targets = targetsOf(`turn:127.0.0.1:${socket.address().port}?transport=udp`) ?? [];
    const [finding] = await probe(targets, { credentials, deadlineMs });
    return { verdict: finding?.verdict, words: finding?.words ?? '' };
  } finally {
    socket.close();
  }
}

for (const code of [300, 400, 403, 437, 442, 500, 508]) {
  test(`a server that refuses with ${code} is said to refuse, and with what`, async () => {
    const { verdict, words } = await findingOf((isSigned) => (isSigned ? error(code) : error(401, CHALLENGE)));
    equal(verdict, 'refused');
    match(words, new RegExp(`it refuses \\(${code} No\\)${code === 508 ? ': no port is free' : ''}`));
  });
}

test('one that finds every nonce old is asked three times, and said to refuse', async () => {
  let asked = 0;
  const { verdict } = await findingOf((isSigned) => {
    asked++;
    return isSigned ? error(438, CHALLENGE) : error(401, CHALLENGE);
  });
  deepEqual({ verdict, asked }, { verdict: 'refused', asked: 3 });
});

test('answers that do not say what a TURN server has to are found out', async () => {
  const signed = (/** @type {Attributes} */ attributes) => (/** @type {boolean} */ isSigned) =>
    isSigned ? { attributes, key: KEY } : error(401, CHALLENGE);
  const none = () => null;
  for (const [what, finding] of /** @type {const} */ ([
    ['no address of ours', findingOf(none, { binding: {} })],
    ['no relay', findingOf(signed([]))],
    ['an address cut off', findingOf(signed([[ATTRIBUTE.xorRelayedAddress, Buffer.from([0, 2, 1, 1, 1, 2, 3, 4])]]))],
    ['port 0', findingOf(signed([[ATTRIBUTE.xorRelayedAddress, { host: '127.0.0.1', port: 0 }]]))],
    ['an error without a code', findingOf(() => ({ class: CLASS.error }))],
    ['an error to a binding request without a code', findingOf(none, { binding: { class: CLASS.error } })],
    ['no challenge', findingOf(() => error(401))],
    [
      'an endless challenge',
      findingOf(() => error(401, [CHALLENGE[0] ?? [0, ''], [ATTRIBUTE.nonce, 'x'.repeat(900)]])),
    ],
  ])) {
    equal((await finding).verdict, 'not_turn', what);
  }
});

test('what is no answer, or not signed by who knows the secret, is as if it had not come', async () => {
  const relayed = /** @type {Attributes} */ ([[ATTRIBUTE.xorRelayedAddress, { host: '127.0.0.1', port: 9 }]]);
  const signed = (/** @type {Answer} */ answer) => (/** @type {boolean} */ isSigned) =>
    isSigned ? answer : error(401, CHALLENGE);
  const options = { deadlineMs: SILENCE_MS };
  for (const [what, finding] of /** @type {const} */ ([
    ['an echo', findingOf(() => null, { ...options, binding: { class: CLASS.request } })],
    ['unsigned', findingOf(signed({ attributes: relayed }), options)],
    ['signed with another key', findingOf(signed({ attributes: relayed, key: Buffer.from('other') }), options)],
  ])) {
    equal((await finding).verdict, 'silent', what);
  }
});

test('a stream that is cut off, or is no STUN, ends in a verdict', async () => {
  const sent = {
    /** Half a message, then the end. */ closed: Buffer.from('010100402112a442', 'hex'),
    /** A banner; it waits for more. */ silent: Buffer.from('SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n'),
  };
  for (const [verdict, bytes] of Object.entries(sent)) {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      if (verdict === 'closed') socket.end(bytes);
      else socket.write(bytes);
    });
    try {
      await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      const targets = targetsOf(`turn:127.0.0.1:${port}?transport=tcp`) ?? [];
      const deadlineMs = verdict === 'silent' ? SILENCE_MS : DEADLINE_MS;
      const findings = await probe(targets, { credentials, deadlineMs });
      equal(findings[0]?.verdict, verdict);
    } finally {
      server.close();
    }
  }
});
