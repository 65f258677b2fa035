/** Bytes of the fixed header (RFC 3550, 5.1). */
export const FIXED_HEADER = 12;
const ONE_BYTE = 0xbede;
/** RFC 8285, 4.3: 0x100 and four bits that mean nothing. */
const TWO_BYTE = 0x1000;
const ONE_BYTE_STOP = 15;

/**
 * An RTP packet as it lies in its buffer. One view serves for packet after packet, so that reading one makes no
 * garbage. What is wrong with a packet is found by `read`; after a `false` the fields mean nothing.
 */
export class RtpPacket {
  buffer: Buffer = Buffer.alloc(0);
  marker = false;
  payloadType = 0;
  /** 16 bits. */
  sequence = 0;
  /** 32 bits, in samples. */
  timestamp = 0;
  ssrc = 0;
  csrcCount = 0;
  /** Where the payload lies, without the padding. */
  payloadStart = 0;
  payloadEnd = 0;
  /** The extensions' profile, 0 without any, and where they lie. */
  #profile = 0;
  #extensionStart = 0;
  #extensionEnd = 0;

  /** Whether that is an RTP packet whose every length holds. Never throws. */
  read(buffer: Buffer): boolean {
    const { length } = buffer;
    if (length < FIXED_HEADER) return false;
    const first = buffer[0] as number;
    if (first >> 6 !== 2) return false;
    const second = buffer[1] as number;
    this.buffer = buffer;
    this.csrcCount = first & 0x0f;
    this.marker = second >> 7 === 1;
    this.payloadType = second & 0x7f;
    this.sequence = buffer.readUInt16BE(2);
    this.timestamp = buffer.readUInt32BE(4);
    this.ssrc = buffer.readUInt32BE(8);
    let at = FIXED_HEADER + 4 * this.csrcCount;
    this.#profile = 0;
    if ((first & 0x10) !== 0) {
      if (at + 4 > length) return false;
      this.#profile = buffer.readUInt16BE(at);
      this.#extensionStart = at + 4;
      this.#extensionEnd = this.#extensionStart + 4 * buffer.readUInt16BE(at + 2);
      at = this.#extensionEnd;
    }
    // The last byte of the padding counts all of it, itself too.
    const padding = (first & 0x20) === 0 ? 0 : (buffer[length - 1] as number);
    if ((first & 0x20) !== 0 && padding === 0) return false;
    this.payloadStart = at;
    this.payloadEnd = length - padding;
    return this.payloadStart <= this.payloadEnd;
  }

  csrc(index: number): number {
    return this.buffer.readUInt32BE(FIXED_HEADER + 4 * index);
  }

  /** The first byte of a header extension's value; -1 if there is none of that id, or its value is empty. */
  extension(id: number): number {
    if (this.#profile === ONE_BYTE) return this.#extension(id, 1);
    if ((this.#profile & 0xfff0) === TWO_BYTE) return this.#extension(id, 2);
    return -1;
  }

  #extension(wanted: number, header: 1 | 2): number {
    const { buffer } = this;
    const end = this.#extensionEnd;
    let at = this.#extensionStart;
    while (at < end) {
      const byte = buffer[at] as number;
      const id = header === 1 ? byte >> 4 : byte;
      // Padding: one byte of zero.
      if (id === 0) {
        at++;
        continue;
      }
      if (header === 1 && id === ONE_BYTE_STOP) return -1;
      if (at + header > end) return -1;
      const size = header === 1 ? (byte & 0x0f) + 1 : (buffer[at + 1] as number);
      const value = at + header;
      if (value + size > end) return -1;
      if (id === wanted) return size === 0 ? -1 : (buffer[value] as number);
      at = value + size;
    }
    return -1;
  }
}

export interface SlotHeader {
  marker: boolean;
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  csrc: number;
  /** Id (1 to 14) and byte of the one header extension; -1 as the byte: none. */
  levelId: number;
  level: number;
}

/** A packet with that header, one CSRC, at most one header extension, and the payload of another, unpadded. */
export function writeSlotPacket(header: SlotHeader, from: RtpPacket): Buffer {
  const extended = header.level >= 0;
  const start = FIXED_HEADER + 4 + (extended ? 8 : 0);
  const packet = Buffer.allocUnsafe(start + from.payloadEnd - from.payloadStart);
  packet[0] = (2 << 6) | (extended ? 0x10 : 0) | 1;
  packet[1] = (header.marker ? 0x80 : 0) | header.payloadType;
  packet.writeUInt16BE(header.sequence, 2);
  packet.writeUInt32BE(header.timestamp, 4);
  packet.writeUInt32BE(header.ssrc, 8);
  packet.writeUInt32BE(header.csrc, FIXED_HEADER);
  if (extended) {
    packet.writeUInt32BE(((ONE_BYTE << 16) | 1) >>> 0, 16);
    // A length field of 0 is one byte; two bytes of padding fill the word.
    packet.writeUInt32BE(((header.levelId << 28) | (header.level << 16)) >>> 0, 20);
  }
  from.buffer.copy(packet, start, from.payloadStart, from.payloadEnd);
  return packet;
}
