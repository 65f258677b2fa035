import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RtpHeader, RtpPacket as WeriftPacket } from 'werift';
import { RtpPacket, writeSlotPacket } from './rtp-packet.ts';

const bytes = (max: number, min = 0) => fc.uint8Array({ minLength: min, maxLength: max }).map((it) => Buffer.from(it));
const uint32 = fc.nat(0xffff_ffff);

/** A packet by another hand (werift's), with what it says. */
const packets = fc
  .record({
    marker: fc.boolean(),
    payloadType: fc.nat(127),
    sequence: fc.nat(0xffff),
    timestamp: uint32,
    ssrc: uint32,
    csrcs: fc.array(uint32, { maxLength: 15 }),
    // werift writes values of up to 16 bytes into one-byte elements, and two-byte ones for longer values.
    twoByte: fc.boolean(),
    extensions: fc.uniqueArray(fc.record({ id: fc.integer({ min: 1, max: 14 }), value: bytes(16, 1) }), {
      selector: ({ id }) => id,
      maxLength: 4,
    }),
    payload: bytes(60),
    padding: fc.nat(8),
  })
  .map((it) => {
    const header = new RtpHeader({
      marker: it.marker,
      payloadType: it.payloadType,
      sequenceNumber: it.sequence,
      timestamp: it.timestamp,
      ssrc: it.ssrc,
      csrc: it.csrcs,
      padding: it.padding > 0,
      paddingSize: it.padding,
      ...(it.extensions.length > 0 && {
        extension: true,
        extensionProfile: it.twoByte ? 0x1000 : 0xbede,
        extensions: it.extensions.map(({ id, value }) => ({ id, payload: value })),
      }),
    });
    return { ...it, buffer: new WeriftPacket(header, it.payload).serialize() };
  });

test('every field of a packet is read as another implementation wrote it', () => {
  const packet = new RtpPacket();
  fc.assert(
    fc.property(packets, (it) => {
      assert.ok(packet.read(it.buffer));
      const { marker, payloadType, sequence, timestamp, ssrc } = packet;
      const { marker: m, payloadType: p, sequence: s, timestamp: t, ssrc: r } = it;
      assert.deepEqual([marker, payloadType, sequence, timestamp, ssrc], [m, p, s, t, r]);
      assert.deepEqual(
        Array.from({ length: packet.csrcCount }, (_, i) => packet.csrc(i)),
        it.csrcs,
      );
      assert.deepEqual(it.buffer.subarray(packet.payloadStart, packet.payloadEnd), it.payload);
      for (let id = 1; id <= 14; id++) {
        const found = it.extensions.find((one) => one.id === id);
        assert.equal(packet.extension(id), found ? found.value[0] : -1);
      }
    }),
  );
});

test('what is written is read the same by another implementation', () => {
  const packet = new RtpPacket();
  fc.assert(
    fc.property(
      packets,
      uint32,
      fc.integer({ min: 1, max: 14 }),
      fc.integer({ min: -1, max: 255 }),
      (it, csrc, levelId, level) => {
        assert.ok(packet.read(it.buffer));
        const { marker, payloadType, sequence, timestamp, ssrc } = packet;
        const out = writeSlotPacket({ marker, payloadType, sequence, timestamp, ssrc, csrc, levelId, level }, packet);
        const { header, payload } = WeriftPacket.deSerialize(out);
        assert.deepEqual(payload, it.payload);
        assert.deepEqual(
          [header.marker, header.payloadType, header.sequenceNumber, header.timestamp, header.ssrc, header.csrc],
          [marker, payloadType, sequence, timestamp, ssrc, [csrc]],
        );
        const extensions = header.extensions.map(({ id, payload: value }) => [id, ...value]);
        assert.deepEqual(extensions, level < 0 ? [] : [[levelId, level]]);
        assert.equal(header.padding, false);
      },
    ),
  );
});

test('garbage is refused or read within its bounds, never thrown at', () => {
  const packet = new RtpPacket();
  const damaged = fc
    .tuple(packets, fc.array(fc.tuple(fc.nat(40), fc.nat(255)), { maxLength: 6 }), fc.nat(200))
    .map(([{ buffer }, changes, length]) => {
      const it = Buffer.from(buffer.subarray(0, length));
      for (const [at, byte] of changes) if (at < it.length) it[at] = byte;
      return it;
    });
  fc.assert(
    fc.property(fc.oneof(bytes(80), damaged), (buffer) => {
      if (!packet.read(buffer)) return;
      assert.ok(packet.payloadStart >= 12 && packet.payloadStart <= packet.payloadEnd);
      assert.ok(packet.payloadEnd <= buffer.length);
      for (let id = 0; id < 256; id++) {
        const value = packet.extension(id);
        assert.ok(value >= -1 && value <= 255);
      }
      for (let i = 0; i < packet.csrcCount; i++) assert.ok(packet.csrc(i) >= 0);
    }),
    { numRuns: 1_000 },
  );
});

test('a length that leads out of the packet is refused', () => {
  const packet = new RtpPacket();
  const base = [0x80, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
  const read = (first: number, ...rest: number[]) => packet.read(Buffer.from([first, ...base.slice(1), ...rest]));
  assert.ok(read(0x80));
  assert.ok(!packet.read(Buffer.from(base.slice(0, 11))), 'shorter than a header');
  assert.ok(!read(0x40), 'another version');
  assert.ok(!read(0x81, 0, 0, 0), 'a CSRC cut off');
  assert.ok(!read(0x90, 0xbe, 0xde), 'an extension header cut off');
  assert.ok(!read(0x90, 0xbe, 0xde, 0, 1, 0x10, 0, 0), 'extensions cut off');
  assert.ok(!read(0xa0, 1, 2, 0), 'padding of no byte');
  assert.ok(!read(0xa0, 1, 2, 4), 'more padding than packet');
  assert.ok(read(0xa0, 1, 2, 3), 'nothing but padding');
  assert.ok(read(0x90, 0xbe, 0xde, 0, 1, 0x1f, 9, 9, 9));
  assert.equal(packet.extension(1), -1, 'an element longer than its block');
});
