import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RtpPacket } from './rtp-packet.ts';
import { FRAME, SlotWriter } from './slot-writer.ts';

const OPTIONS = { ssrc: 0x5107, payloadType: 100, levelId: 10 };
const LEVEL_ID = 3;

/** One packet of a speaker: Opus of 20 ms with the level -`level` dBov. */
function rtp({ sequence = 0, timestamp = 0, marker = false, level = 30, payload = Buffer.from('opus') }): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x90;
  header[1] = (marker ? 0x80 : 0) | 111;
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE(timestamp >>> 0, 4);
  header.writeUInt32BE(77, 8);
  header.writeUInt32BE(0xbede0001, 12);
  header[16] = LEVEL_ID << 4;
  header[17] = level;
  return Buffer.concat([header, payload]);
}

function read(buffer: Buffer) {
  const packet = new RtpPacket();
  assert.ok(packet.read(buffer));
  const { marker, payloadType, sequence, timestamp, ssrc } = packet;
  const payload = buffer.subarray(packet.payloadStart, packet.payloadEnd).toString();
  return { marker, payloadType, sequence, timestamp, ssrc, csrc: packet.csrc(0), level: packet.extension(10), payload };
}

function setUp(more: { sequence?: number; timestamp?: number } = {}) {
  const writer = new SlotWriter({ ...OPTIONS, sequence: 0, timestamp: 0, ...more });
  return {
    writer,
    write: (packet: Parameters<typeof rtp>[0], now: number) => {
      const out = writer.write(rtp(packet), now);
      return out && read(out);
    },
  };
}

/** The shorter way from one to the other on a circle of 2^bits. */
const distance = (from: number, to: number, bits: 16 | 32) => ((to - from) << (32 - bits)) >> (32 - bits);

test('a packet is the slot’s own outside and the speaker’s inside', () => {
  const { writer, write } = setUp();
  writer.begin({ csrc: 0xabcdef01, levelId: LEVEL_ID });
  assert.deepEqual(write({ sequence: 500, timestamp: 9, level: 45, payload: Buffer.from('hello') }, 0), {
    marker: true,
    payloadType: 100,
    sequence: 1,
    timestamp: 0,
    ssrc: 0x5107,
    csrc: 0xabcdef01,
    level: 45,
    payload: 'hello',
  });
  // Without the extension there is none.
  writer.begin({ csrc: 1, levelId: 0 });
  assert.equal(write({ sequence: 501 }, 20)?.level, -1);
});

test('a silence keeps its length: DTX within a turn, the wall clock between turns', () => {
  const { writer, write } = setUp();
  writer.begin({ csrc: 1, levelId: LEVEL_ID });
  write({ sequence: 1, timestamp: 1_000 }, 0);
  assert.equal(write({ sequence: 2, timestamp: 1_000 + 48 * 400, marker: true }, 400)?.timestamp, 48 * 400);
  writer.begin({ csrc: 2, levelId: LEVEL_ID });
  assert.equal(write({ sequence: 9, timestamp: 7 }, 3_400)?.timestamp, 48 * 3_400);
  // Two speakers at the same moment are at least a frame apart, even when the clock was set back.
  writer.begin({ csrc: 3, levelId: LEVEL_ID });
  assert.equal(write({ sequence: 9, timestamp: 7 }, 3_401)?.timestamp, 48 * 3_400 + FRAME);
  writer.begin({ csrc: 4, levelId: LEVEL_ID });
  assert.equal(write({ sequence: 9, timestamp: 7 }, 100)?.timestamp, 48 * 3_400 + 2 * FRAME);
});

test('what comes of a turn before its first packet is dropped: that place is another’s', () => {
  const { writer, write } = setUp();
  writer.begin({ csrc: 1, levelId: LEVEL_ID });
  for (const sequence of [10, 12]) write({ sequence, timestamp: sequence * FRAME }, sequence * 20);
  writer.begin({ csrc: 2, levelId: LEVEL_ID });
  assert.equal(write({ sequence: 100, timestamp: FRAME }, 260)?.sequence, 4);
  assert.equal(write({ sequence: 99, timestamp: 0 }, 261), undefined);
  assert.equal(write({ sequence: 98, timestamp: FRAME }, 262), undefined, 'whatever time it says');
  assert.equal(write({ sequence: 102, timestamp: 3 * FRAME }, 300)?.sequence, 6);
  assert.equal(write({ sequence: 101, timestamp: 2 * FRAME }, 301)?.sequence, 5);
});

test('a sender that counts anew goes on without a gap, one stray packet changes nothing', () => {
  const { writer, write } = setUp();
  writer.begin({ csrc: 1, levelId: LEVEL_ID });
  write({ sequence: 10, timestamp: 0 }, 0);
  assert.equal(write({ sequence: 40_000, timestamp: 5 }, 20), undefined);
  assert.equal(write({ sequence: 11, timestamp: FRAME }, 20)?.sequence, 2);
  assert.equal(write({ sequence: 40_001, timestamp: 0 }, 40), undefined);
  assert.deepEqual(
    [40_002, 40_003].map((sequence) => write({ sequence, timestamp: 77 + sequence * FRAME }, 60)?.sequence),
    [3, 4],
  );
});

test('a sender whose clock was set does not take the slot’s time with him', () => {
  const { writer, write } = setUp();
  writer.begin({ csrc: 1, levelId: LEVEL_ID });
  write({ sequence: 10, timestamp: 1_000_000 }, 0);
  assert.deepEqual(write({ sequence: 12, timestamp: 50 }, 40)?.timestamp, 2 * FRAME, 'back');
  assert.deepEqual(write({ sequence: 13, timestamp: 2 ** 31 + 40 }, 60)?.timestamp, 3 * FRAME, 'far ahead');
  assert.equal(write({ sequence: 11, timestamp: 1_000_960 }, 61), undefined, 'of the old count');
});

const DELAYS = fc.array(fc.constantFrom(0, 0, 0, 0, 0, 1, 2, 5, 20), { minLength: 1, maxLength: 40 });
/** A turn: packets that are lost, doubled, delayed by some places, with pauses of DTX between. */
const turns = fc.array(
  fc.record({
    csrc: fc.integer({ min: 1, max: 4 }),
    sequence: fc.oneof(fc.nat(0xffff), fc.constantFrom(0, 0xffff, 0xfff8)),
    timestamp: fc.oneof(fc.nat(0xffff_ffff), fc.constantFrom(0, 0xffff_ffff - 10 * FRAME)),
    after: fc.nat(5_000),
    delays: DELAYS,
    lost: fc.uniqueArray(fc.nat(39), { maxLength: 8 }),
    doubled: fc.uniqueArray(fc.nat(39), { maxLength: 8 }),
    pauses: fc.array(fc.tuple(fc.nat(39), fc.integer({ min: 1, max: 50 })), { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 8 },
);

test('whoever speaks, whatever is lost, late or doubled: one stream without a gap, a repeat or a step back', () => {
  const starts = fc.record({ sequence: fc.constantFrom(0, 0xffff - 20), timestamp: fc.constantFrom(0, 0xffff_ff00) });
  fc.assert(
    fc.property(turns, starts, (all, start) => {
      const writer = new SlotWriter({ ...OPTIONS, ...start });
      let now = 0;
      let highest = start.sequence;
      const out: { sequence: number; timestamp: number }[] = [];
      for (const [t, turn] of all.entries()) {
        now += turn.after;
        writer.begin({ csrc: turn.csrc, levelId: LEVEL_ID });
        let frame = 0;
        const arrivals = turn.delays
          .map((delay, i) => {
            frame += 1 + (turn.pauses.find(([at]) => at === i)?.[1] ?? 0);
            return { i, frame, at: i + delay };
          })
          .filter(({ i }) => !turn.lost.includes(i))
          .flatMap((one) => (turn.doubled.includes(one.i) ? [one, { ...one, at: one.at + 1 }] : [one]))
          .sort((a, b) => a.at - b.at);
        const first = arrivals[0];
        if (!first) continue;
        const before = highest;
        const seen = new Set<number>();
        let base: { sequence: number; timestamp: number } | undefined;
        for (const { i, frame: frames } of arrivals) {
          now += 20;
          const payload = `turn ${t} packet ${i}`;
          const given = { sequence: turn.sequence + i, timestamp: turn.timestamp + frames * FRAME };
          const written = writer.write(rtp({ ...given, payload: Buffer.from(payload) }), now);
          const isExpected: boolean = i >= first.i && !seen.has(i);
          assert.equal(written !== undefined, isExpected, payload);
          if (!written) continue;
          seen.add(i);
          const packet = read(written);
          assert.equal(packet.payload, payload);
          assert.equal(packet.csrc, turn.csrc);
          assert.equal(packet.marker, base === undefined);
          // Unwrapped, so that what follows can count.
          const place = {
            sequence: highest + distance(highest & 0xffff, packet.sequence, 16),
            timestamp: (out.at(-1)?.timestamp ?? 0) + distance((out.at(-1)?.timestamp ?? 0) | 0, packet.timestamp, 32),
          };
          if (!base) assert.equal(place.sequence, before + 1, 'no gap at a change');
          base ??= place;
          assert.equal(place.sequence - base.sequence, i - first.i, 'its place in the turn');
          assert.equal(place.timestamp - base.timestamp, (frames - first.frame) * FRAME, 'its time in the turn');
          highest = Math.max(highest, place.sequence);
          out.push(place);
        }
      }
      assert.equal(new Set(out.map(({ sequence }) => sequence)).size, out.length, 'no repeat');
      const sorted = out.toSorted((a, b) => a.sequence - b.sequence);
      for (const [i, one] of sorted.entries()) {
        const earlier = sorted[i - 1];
        if (earlier) assert.ok(one.timestamp - earlier.timestamp >= FRAME, 'no step back');
      }
    }),
    { numRuns: 500 },
  );
});

test('packets of any content and order make no repeat, and time that never goes back at its head', () => {
  const some = fc.record({
    sequence: fc.oneof(fc.nat(0xffff), fc.nat(40)),
    timestamp: fc.oneof(fc.nat(0xffff_ffff), fc.nat(100_000)),
    turn: fc.constantFrom(false, false, false, true),
    passed: fc.nat(100),
  });
  fc.assert(
    fc.property(fc.array(some, { maxLength: 120 }), fc.array(fc.uint8Array({ maxLength: 40 })), (given, garbage) => {
      const writer = new SlotWriter({ ...OPTIONS, sequence: 0, timestamp: 0 });
      for (const bytes of garbage) {
        const out = writer.write(Buffer.from(bytes), 0);
        if (out) read(out);
      }
      let now = 0;
      let head: { sequence: number; timestamp: number } | undefined;
      const seen = new Set<number>();
      writer.begin({ csrc: 1, levelId: LEVEL_ID });
      for (const { turn, passed, ...packet } of given) {
        now += passed;
        if (turn) writer.begin({ csrc: 2, levelId: LEVEL_ID });
        const out = writer.write(rtp(packet), now);
        if (!out) continue;
        const { sequence, timestamp } = read(out);
        const place = head ? head.sequence + distance(head.sequence & 0xffff, sequence, 16) : sequence;
        assert.ok(!seen.has(place), 'no repeat');
        seen.add(place);
        if (head && place < head.sequence) continue;
        if (head) assert.ok(distance(head.timestamp, timestamp, 32) >= 0, 'no step back');
        head = { sequence: place, timestamp };
      }
    }),
    { numRuns: 500 },
  );
});
