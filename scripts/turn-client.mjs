// A small TURN client (RFC 8656) over UDP, TCP or TLS: to check a server, and to load one.
import { createHmac } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  ATTRIBUTE,
  addressOf,
  CLASS,
  decode,
  encode,
  errorOf,
  longTermKey,
  METHOD,
  newTransactionId,
  split,
} from './stun-message.mjs';

const DEADLINE_MS = 5_000;
/** Over UDP a request is said again after so long, in ms, doubled each time. */
const AGAIN_MS = 400;
const UDP_OVER_IP = Buffer.from([17, 0, 0, 0]);
/** The most bytes of a realm or a nonce (RFC 8489, 14.9 and 14.10). */
const MOST_OF_A_CHALLENGE = 763;

/**
 * @typedef {import('./stun-message.mjs').Address} Address
 * @typedef {import('./stun-message.mjs').Message} Message
 * @typedef {import('./stun-message.mjs').Attribute} Attribute
 * @typedef {{ username: string, credential: string }} Credentials
 * @typedef {'udp' | 'tcp' | 'tls'} Transport
 * @typedef {{ send: (bytes: Buffer) => void, close: () => void }} Wire
 */

/** The server has refused a request. */
export class TurnError extends Error {
  /** @override */ name = 'TurnError';
  /** Of RFC 8656: 401 for credentials, 403 for peers, 486 for quotas, … @type {number} */ code;

  /** @param {number} code @param {string} reason */
  constructor(code, reason) {
    super(`${code} ${reason}`);
    this.code = code;
  }
}

/** What answers does not say what a TURN server has to. */
export class AnswerError extends Error {
  /** @override */ name = 'AnswerError';
}

/** Nothing was answered in time. */
export class SilenceError extends Error {
  /** @override */ name = 'SilenceError';
}

/**
 * What signaling gives a user (draft-uberti-behave-turn-rest).
 * @param {{ secret: string, user: string, expiresAt: number }} of `expiresAt` in ms since the epoch
 * @returns {Credentials}
 */
export function restCredentials({ secret, user, expiresAt }) {
  const username = `${Math.floor(expiresAt / 1000)}:${user}`;
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') };
}

export class TurnClient {
  /** Where peers send to. @type {Address | null} */ relayed = null;
  /** What arrives there. @type {(peer: Address, data: Buffer) => void} */ onData = () => {};
  /** @type {Wire} */ #wire;
  #repeats;
  #deadlineMs;
  /** @type {Map<string, { method: number, key: Buffer | undefined, take: (message: Message) => void }>} */ #waiting =
    new Map();
  /** Ends those who wait, once the connection has failed. @type {Set<(error: Error) => void>} */ #failures = new Set();
  /** @type {Error | null} */ #failure = null;
  /** @type {{ credentials: Credentials, realm: string, nonce: Buffer, key: Buffer } | null} */ #login = null;

  /** @param {boolean} repeats whether requests may get lost @param {number} deadlineMs of each request */
  constructor(repeats, deadlineMs) {
    this.#repeats = repeats;
    this.#deadlineMs = deadlineMs;
    this.#wire = { send: () => {}, close: () => {} };
  }

  /**
   * @param {{ transport: Transport, host: string, port: number, address?: string, ca?: string | Buffer, deadlineMs?: number }} to
   * `host` is what a certificate has to be for, `address` where it is, if that is known; `ca`: whom to believe besides
   */
  static async open({ transport, host, port, address = host, ca, deadlineMs = DEADLINE_MS }) {
    const client = new TurnClient(transport === 'udp', deadlineMs);
    client.#wire =
      transport === 'udp'
        ? await client.#udp(address, port)
        : await client.#stream(transport, { host, port, address, ca });
    return client;
  }

  /** Where the server sees us. @returns {Promise<Address>} */
  async bind() {
    const answer = await this.#exchange(METHOD.binding, [], undefined);
    const refusal = refusalOf(answer);
    if (refusal) throw refusal;
    const mapped = addressOf(answer, ATTRIBUTE.xorMappedAddress);
    if (!mapped) throw new AnswerError('the answer to a binding request has no address');
    return mapped;
  }

  /** @param {Credentials} credentials @param {4 | 6} [family] of the peers @returns {Promise<Address>} where they send to */
  async allocate(credentials, family = 4) {
    /** @type {Attribute[]} */
    const wanted = [[ATTRIBUTE.requestedTransport, UDP_OVER_IP]];
    if (family === 6) wanted.push([ATTRIBUTE.requestedFamily, Buffer.from([2, 0, 0, 0])]);
    const answer = await this.#ask(METHOD.allocate, wanted, credentials);
    const relayed = addressOf(answer, ATTRIBUTE.xorRelayedAddress);
    if (!relayed) throw new AnswerError('the allocation has no address');
    this.relayed = relayed;
    return relayed;
  }

  /** Keeps the allocation for so long, in s; 0 ends it. @param {number} seconds */
  async refresh(seconds) {
    const lifetime = Buffer.alloc(4);
    lifetime.writeUInt32BE(seconds);
    await this.#ask(METHOD.refresh, [[ATTRIBUTE.lifetime, lifetime]]);
  }

  /** Lets a peer's address send to us. @param {Address} peer */
  async permit(peer) {
    await this.#ask(METHOD.createPermission, [[ATTRIBUTE.xorPeerAddress, peer]]);
  }

  /** @param {Address} peer @param {Buffer} data */
  send(peer, data) {
    const id = newTransactionId();
    const attributes = /** @type {Attribute[]} */ ([
      [ATTRIBUTE.xorPeerAddress, peer],
      [ATTRIBUTE.data, data],
    ]);
    this.#wire.send(encode({ method: METHOD.send, class: CLASS.indication, id, attributes }));
  }

  close() {
    this.#fail(new Error('closed'));
    this.#wire.close();
  }

  /** A request with credentials: those given, or those of the last one. @param {number} method @param {Attribute[]} attributes @param {Credentials} [credentials] */
  async #ask(method, attributes, credentials = this.#login?.credentials) {
    if (!credentials) throw new Error('nothing is allocated');
    for (let attempt = 1; ; attempt++) {
      const login = this.#login?.credentials === credentials ? this.#login : null;
      /** @type {Attribute[]} */
      const who = login
        ? [
            [ATTRIBUTE.username, credentials.username],
            [ATTRIBUTE.realm, login.realm],
            [ATTRIBUTE.nonce, login.nonce],
          ]
        : [];
      const answer = await this.#exchange(method, [...attributes, ...who], login?.key);
      const refusal = refusalOf(answer);
      if (!refusal) return answer;
      // The first answer, and that to a nonce that is old, say how to ask.
      const isChallenge = (refusal.code === 401 && !login) || refusal.code === 438;
      if (!isChallenge || attempt === 3) {
        this.#login = login;
        throw refusal;
      }
      const realm = answer.attributes.get(ATTRIBUTE.realm)?.toString() ?? login?.realm;
      const nonce = answer.attributes.get(ATTRIBUTE.nonce);
      if (realm === undefined || !nonce || Math.max(realm.length, nonce.length) > MOST_OF_A_CHALLENGE)
        throw new AnswerError(`${refusal.message}, and not with which realm and nonce to ask`);
      const key = longTermKey(credentials.username, realm, credentials.credential);
      this.#login = { credentials, realm, nonce, key };
    }
  }

  /** @param {number} method @param {Attribute[]} attributes @param {Buffer | undefined} key @returns {Promise<Message>} */
  #exchange(method, attributes, key) {
    const id = newTransactionId();
    const bytes = encode({ method, class: CLASS.request, id, attributes, key });
    const name = id.toString('hex');
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      /** @type {NodeJS.Timeout | undefined} */
      let again;
      const settle = () => {
        clearTimeout(deadline);
        clearTimeout(again);
        this.#waiting.delete(name);
        this.#failures.delete(fail);
      };
      const fail = (/** @type {Error} */ error) => {
        settle();
        reject(error);
      };
      const deadline = setTimeout(() => fail(new SilenceError('no answer')), this.#deadlineMs);
      const say = (/** @type {number} */ waitMs) => {
        this.#wire.send(bytes);
        if (this.#repeats) again = setTimeout(() => say(2 * waitMs), waitMs);
      };
      this.#failures.add(fail);
      const take = (/** @type {Message} */ message) => {
        settle();
        resolve(message);
      };
      this.#waiting.set(name, { method, key, take });
      say(AGAIN_MS);
    });
  }

  /** @param {Buffer} bytes */
  #receive(bytes) {
    const message = decode(bytes);
    if (!message) return;
    if (message.method === METHOD.data && message.class === CLASS.indication) {
      const peer = addressOf(message, ATTRIBUTE.xorPeerAddress);
      const data = message.attributes.get(ATTRIBUTE.data);
      if (peer && data) this.onData(peer, data);
      return;
    }
    const asked = this.#waiting.get(message.id.toString('hex'));
    if (asked?.method !== message.method) return;
    // Who does not know our key cannot tell us that what we have signed is done. Why it is not may come without a signature.
    const isAnswer =
      message.class === CLASS.success ? !asked.key || message.isSigned(asked.key) : message.class === CLASS.error;
    if (isAnswer) asked.take(message);
  }

  /** @param {Error} error */
  #fail(error) {
    this.#failure ??= error;
    for (const fail of [...this.#failures]) fail(error);
  }

  /** @param {string} address @param {number} port @returns {Promise<Wire>} */
  #udp(address, port) {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
    socket.on('message', (bytes) => this.#receive(bytes));
    return new Promise((resolve, reject) => {
      const failed = (/** @type {Error} */ error) => {
        socket.close();
        reject(error);
      };
      socket.once('error', failed);
      socket.connect(port, address, () => {
        socket.off('error', failed);
        // A port that is closed says so, where firewalls let it.
        socket.on('error', (error) => this.#fail(error));
        let isOpen = true;
        resolve({
          send: (bytes) => isOpen && socket.send(bytes, () => {}),
          close: () => {
            if (isOpen) socket.close();
            isOpen = false;
          },
        });
      });
    });
  }

  /** @param {'tcp' | 'tls'} transport @param {{ host: string, port: number, address: string, ca?: string | Buffer | undefined }} to @returns {Promise<Wire>} */
  #stream(transport, { host, port, address, ca }) {
    const tcp = { host: address, port };
    const named = isIP(host) ? {} : { servername: host };
    const socket = transport === 'tcp' ? connectTcp(tcp) : connectTls({ ...tcp, ...named, ...(ca ? { ca } : {}) });
    let rest = Buffer.alloc(0);
    socket.on('data', (/** @type {Buffer} */ bytes) => {
      const read = split(Buffer.concat([rest, bytes]));
      rest = Buffer.from(read.rest);
      for (const message of read.messages) this.#receive(message);
    });
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new SilenceError('no connection'));
        socket.destroy();
      }, this.#deadlineMs);
      socket.on('error', (error) => {
        clearTimeout(late);
        reject(error);
        this.#fail(error);
      });
      socket.once('close', () => this.#fail(new Error('the server has hung up')));
      socket.once(transport === 'tcp' ? 'connect' : 'secureConnect', () => {
        clearTimeout(late);
        resolve({ send: (bytes) => void socket.write(bytes), close: () => socket.destroy() });
      });
    });
  }
}

/** @param {Message} answer @returns {TurnError | null} null: it does what it was asked for */
function refusalOf(answer) {
  if (answer.class !== CLASS.error) return null;
  const error = errorOf(answer);
  if (!error) throw new AnswerError('it refuses, and does not say why');
  return new TurnError(error.code, error.reason);
}
