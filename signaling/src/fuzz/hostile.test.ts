import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { TestClient } from '../testing/client.ts';
import { until } from '../testing/until.ts';
import { Bystanders } from './bystanders-thread.ts';
import { type Frame, RawSocket } from './raw-socket.ts';
import { Victim } from './victim-process.ts';

const GROWTH_MAX_BYTES = 20 * 1024 * 1024;
const DEADLINES = { HANDSHAKE_DEADLINE_MS: '400', PING_INTERVAL_MS: '400', PING_TIMEOUT_MS: '400' };

/** What Engine.IO and Socket.IO do not expect, as text. */
const PACKETS = [
  ['', ' ', '9', 'x', '1', '2', '2probe', '3', '5', '6', '0{}', '0', 'b', 'bAAAA', '\u001e', '4\u001e4', '\u0000'],
  ['4', '49', '4x', '46', '40', '40{', '40null', '40[]', '40"x"', '40{"versions":', '41', '41/other,', '40/other,{}'],
  ['42', '42[', '42[]', '42[1]', '42[null]', '42{}', '42"x"', '42[{}]', '42["room:join"', '42/other,["x"]', '420'],
  [
    '421["room:join"]',
    '42-1["room:join",{}]',
    `42${'9'.repeat(300)}["room:join",{}]`,
    '42["connect"]',
    '42["disconnect"]',
  ],
  ['420["connect_error",{}]', '420["newListener",{}]', '420["__proto__",{}]', '420["constructor",{}]', '420[[],{}]'],
  [
    '43',
    '430',
    '43[]',
    '430[]',
    '4399["x"]',
    '43-1[]',
    '44',
    '44{"message":"x"}',
    '45',
    '451-',
    '451-["x"]',
    '45-["x"]',
  ],
  [
    '451-["x",{"_placeholder":true,"num":0}]',
    '4599999999-["x",{"_placeholder":true,"num":9}]',
    '452-0["room:join",{}]',
  ],
  [`420["room:leave",${'['.repeat(30_000)}`, `420["room:leave",${'['.repeat(20_000)}${']'.repeat(20_000)}]`],
  [
    `420["room:leave",${'{"a":'.repeat(8_000)}1${'}'.repeat(8_000)}]`,
    `420["room:leave",{"roomId":"${'x'.repeat(60_000)}"}]`,
  ],
  [
    '420["room:leave",{"__proto__":{"polluted":true}}]',
    '420["room:leave",1e999]',
    '420["room:leave",{"roomId":"\\ud800"}]',
  ],
].flat();

const payload = Buffer.from('420["room:leave",{}]');
/** What a WebSocket must not say. */
const FRAMES: Frame[] = [
  { opcode: 1, payload, mask: 'none' },
  { opcode: 1, payload, mask: 'wrong' },
  { opcode: 3, payload },
  { opcode: 11, payload },
  { opcode: 1, payload, rsv: 4 },
  { opcode: 1, payload, rsv: 3 },
  { opcode: 0, payload },
  { opcode: 9, payload: Buffer.alloc(126) },
  { opcode: 9, payload, fin: false },
  { opcode: 8, payload: Buffer.alloc(1) },
  { opcode: 8, payload: Buffer.from([0, 0]) },
  { opcode: 8, payload: Buffer.from([0x03, 0xed, 0xff, 0xfe]) },
  { opcode: 1, payload: Buffer.from([0xff, 0xfe, 0xc0, 0x80]) },
  { opcode: 1, payload, length: 2 ** 40 },
  { opcode: 1, payload, length: 2 ** 53 - 1 },
  { opcode: 2, payload },
  { opcode: 2, payload: Buffer.alloc(60_000) },
  { opcode: 1, payload: Buffer.alloc(70_000, '4') },
];

interface Siege {
  victim: Victim;
  /** The heap is looked at from here on, not before: code is compiled, caches are filled. */
  begin(): Promise<void>;
}

/** Lets `attack` happen to a server on which others have a call; then nothing of it may be left, and nobody else hurt. */
async function besiege(t: TestContext, settings: Record<string, string>, attack: (siege: Siege) => Promise<void>) {
  const victim = await Victim.start(settings);
  t.after(() => victim.close());
  const bystanders = await Bystanders.join(victim.url);
  t.after(() => bystanders.end());
  const isQuiet = async () => (await victim.metric('parley_connections')) === 2;
  let before = await victim.memory();
  const begin = async () => {
    await until('quiet', isQuiet);
    before = await victim.memory();
  };
  await attack({ victim, begin });
  await until('the attackers to be gone', isQuiet, 20_000);
  await until('their rooms to be gone', async () => (await victim.metric('parley_rooms')) === 1, 20_000);
  const growth = (await victim.memory()).heapBytes - before.heapBytes;
  assert.ok(growth < GROWTH_MAX_BYTES, `the heap grew by ${growth} bytes`);
  await bystanders.leave();
  assert.ok(bystanders.latencies.length > 0);
  assert.equal(victim.exit, undefined);
  return victim;
}

/** It ends by itself, or answers a request as if nothing had been. */
async function survivesOrEnds(socket: RawSocket, after: string): Promise<void> {
  socket.received = '';
  socket.text('4277["nothing",{}]');
  await until(
    `the connection to end, or to answer, after ${after.slice(0, 80)}`,
    () => socket.isClosed || socket.received.includes('4377['),
  );
  socket.cut();
}

test('packets and frames that are none end their own connection at most', async (t) => {
  const victim = await besiege(t, {}, async ({ victim: { port } }) => {
    for (const packet of PACKETS) {
      const [client, half] = [await new RawSocket(port).connect(), await new RawSocket(port).upgrade()];
      client.text(packet);
      await survivesOrEnds(client, packet);
      half.text(packet);
      half.cut();
    }
    for (const frame of FRAMES) {
      const client = await new RawSocket(port).connect();
      client.frame(frame);
      // One that says it is longer than it is waits for the rest.
      if (frame.length !== undefined) client.cut();
      await survivesOrEnds(client, JSON.stringify(frame));
    }
  });
  assert.deepEqual(victim.faults, []);
});

test('so do random bytes, random frames, and packets cut off or torn apart', async (t) => {
  const frame = fc.record({
    opcode: fc.integer({ min: 0, max: 15 }),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(fc.constantFrom(...PACKETS.filter(({ length }) => length < 200)), fc.nat({ max: 30 }))
        .map(([packet, at]) => Buffer.from(packet.slice(0, at))),
    ),
    fin: fc.boolean(),
    rsv: fc.constantFrom(0, 0, 0, 0, 1, 4),
    mask: fc.constantFrom<Frame['mask']>('right', 'right', 'right', 'none', 'wrong'),
  });
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((it) => Buffer.from(it));
  const says = fc.array(fc.oneof({ weight: 4, arbitrary: frame }, { weight: 1, arbitrary: bytes }), {
    minLength: 1,
    maxLength: 6,
  });
  const victim = await besiege(t, {}, async ({ victim: { port } }) => {
    await fc.assert(
      fc.asyncProperty(says, fc.boolean(), async (parts, isClient) => {
        const socket = new RawSocket(port);
        await (isClient ? socket.connect() : socket.upgrade());
        for (const part of parts) Buffer.isBuffer(part) ? socket.bytes(part) : socket.frame(part);
        // What comes next shows that the server still takes connections.
        socket.cut();
      }),
      { numRuns: 400 },
    );
  });
  assert.deepEqual(victim.faults, []);
});

test('a message in pieces is a message, and one that never ends is ended', async (t) => {
  await besiege(t, {}, async ({ victim: { port } }) => {
    const client = await new RawSocket(port).connect();
    const [head, middle, tail] = ['4212["no', 'thi', 'ng",{}]'].map((text) => Buffer.from(text));
    client.frame({ opcode: 1, payload: head ?? payload, fin: false });
    client.frame({ opcode: 9, payload: Buffer.from('in between') });
    client.frame({ opcode: 0, payload: middle ?? payload, fin: false });
    client.frame({ opcode: 0, payload: tail ?? payload });
    await client.hears('4312[');
    client.frame({ opcode: 1, payload, fin: false });
    for (let i = 0; i < 100 && !client.isClosed; i++)
      client.frame({ opcode: 0, payload: Buffer.alloc(1_000), fin: false });
    await until('it to be ended', () => client.isClosed);
  });
});

test('connections that stop half-way, and clients that never answer again, are ended', async (t) => {
  const EACH = 30;
  const victim = await besiege(t, DEADLINES, async ({ victim: { port, ...rest }, begin }) => {
    void rest;
    await begin();
    const many = <T>(make: () => T) => Array.from({ length: EACH }, make);
    const silent = many(() => new RawSocket(port));
    const wordy = many(() => new RawSocket(port));
    for (const { tcp } of wordy) tcp.write('GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: vic');
    const unsaid = await Promise.all(many(() => new RawSocket(port, { isPolite: false }).upgrade()));
    const deaf = await Promise.all(many(() => new RawSocket(port, { isPolite: false }).connect()));
    // They hear the pings and everything else, and never say a word.
    for (const [i, socket] of deaf.entries()) {
      const input = { roomId: `deaf ${i % 5}`, name: 'Deaf', muted: false, deafened: false, joinId: `join-of-${i}` };
      socket.text(`421["room:join",${JSON.stringify(input)}]`);
    }
    const all = [...silent, ...wordy, ...unsaid, ...deaf];
    await until('all to be ended', () => all.every(({ isClosed }) => isClosed), 20_000);
  });
  assert.equal(await victim.metric('parley_swept_total'), 2 * EACH);
});

test('three thousand connections that come and go, and are cut wherever they are, leave nothing', async (t) => {
  const WAVES = 60;
  const WAVE = 50;
  await besiege(t, {}, async ({ victim: { port, url }, begin }) => {
    const wave = (number: number) =>
      Promise.all(
        Array.from({ length: WAVE }, async (_, i) => {
          if (i % 5 === 0) return new RawSocket(port).cut();
          if (i % 5 === 1) return (await new RawSocket(port).upgrade()).cut();
          if (i % 5 === 2) return (await new RawSocket(port).connect()).cut();
          if (i % 5 === 3) {
            const socket = await new RawSocket(port).connect();
            const input = {
              roomId: `wave ${i}`,
              name: 'Eve',
              muted: false,
              deafened: false,
              joinId: `join-${number}-${i}`,
            };
            socket.text(`421["room:join",${JSON.stringify(input)}]`);
            return socket.cut();
          }
          const client = new TestClient(url);
          await client.connected();
          await client.join(`wave ${i}`, 'Eve');
          client.close();
        }),
      );
    for (let i = 0; i < WAVES; i++) {
      if (i === WAVES / 6) await begin();
      await wave(i);
    }
  });
});
