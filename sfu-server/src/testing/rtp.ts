/** Samples of a 20 ms Opus frame at 48 kHz. */
const FRAME = 960;

export interface TestPacket {
  ssrc: number;
  payloadType: number;
  sequence: number;
  csrc?: number;
  /** -127 to 0: said in the audio level extension (RFC 6464), of id 1. */
  dBov?: number;
  payload?: Buffer;
}

/** An RTP packet, RFC 3550. */
export function rtpPacket({
  ssrc,
  payloadType,
  sequence,
  csrc,
  dBov,
  payload = Buffer.alloc(80, 1),
}: TestPacket): Buffer {
  const fixed = Buffer.alloc(12);
  fixed[0] = 0x80 | (dBov === undefined ? 0 : 0x10) | (csrc === undefined ? 0 : 1);
  fixed[1] = payloadType;
  fixed.writeUInt16BE(sequence & 0xffff, 2);
  fixed.writeUInt32BE((FRAME * sequence) >>> 0, 4);
  fixed.writeUInt32BE(ssrc, 8);
  const parts = [fixed];
  if (csrc !== undefined) {
    const list = Buffer.alloc(4);
    list.writeUInt32BE(csrc);
    parts.push(list);
  }
  // One-byte header (RFC 8285): profile, length in words, then id 1 with one byte and padding.
  if (dBov !== undefined) parts.push(Buffer.from([0xbe, 0xde, 0, 1, 0x10, 0x80 | -dBov, 0, 0]));
  return Buffer.concat([...parts, payload]);
}
