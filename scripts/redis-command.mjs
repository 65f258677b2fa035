// One command to a Redis, one answer, on a connection of its own: enough to start, look into and hurt one in a test.
import { connect } from 'node:net';

const DEADLINE_MS = 5_000;

/** @typedef {string | number | null | Error | Reply[]} Reply */

/**
 * @param {number} port on this machine
 * @param {(string | number)[]} words the command, such as `['SET', 'key', 'value']`
 * @returns {Promise<Exclude<Reply, Error>>}
 * @throws {Error} what Redis answers as an error; that it cannot be reached; that it does not answer in time
 */
export function redisCommand(port, ...words) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const timer = setTimeout(() => socket.destroy(new Error(`Redis on ${port} does not answer`)), DEADLINE_MS);
    /** @type {Buffer[]} */
    const chunks = [];
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      const parsed = parseReply(Buffer.concat(chunks).toString('latin1'), 0);
      if (!parsed) return;
      const { reply } = parsed;
      if (reply instanceof Error) reject(reply);
      else resolve(reply);
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      reject(new Error(`Redis on ${port} hung up`));
    });
    const bulks = words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`);
    socket.write(`*${words.length}\r\n${bulks.join('')}`);
  });
}

/**
 * Reads one reply of the protocol RESP2.
 * @param {string} text one character a byte
 * @param {number} from
 * @returns {{ reply: Reply, end: number } | null} null: not all of it is there yet
 */
function parseReply(text, from) {
  const lineEnd = text.indexOf('\r\n', from);
  if (lineEnd < 0) return null;
  const line = text.slice(from + 1, lineEnd);
  const end = lineEnd + 2;
  switch (text[from]) {
    case '+':
      return { reply: line, end };
    case '-':
      return { reply: new Error(line), end };
    case ':':
      return { reply: Number(line), end };
    case '$': {
      const length = Number(line);
      if (length < 0) return { reply: null, end };
      if (text.length < end + length + 2) return null;
      const reply = Buffer.from(text.slice(end, end + length), 'latin1').toString('utf8');
      return { reply, end: end + length + 2 };
    }
    case '*': {
      if (Number(line) < 0) return { reply: null, end };
      /** @type {Reply[]} */
      const items = [];
      let next = end;
      for (let left = Number(line); left > 0; left -= 1) {
        const item = parseReply(text, next);
        if (!item) return null;
        items.push(item.reply);
        next = item.end;
      }
      return { reply: items, end: next };
    }
    default:
      throw new Error(`no reply of Redis: ${text.slice(from, from + 40)}`);
  }
}
