import { RtpPacket, type SlotHeader, writeSlotPacket } from './rtp-packet.ts';

/** Samples of a 20 ms frame at Opus' 48 kHz (RFC 7587, 4.1). */
export const FRAME = 960;
const SAMPLES_PER_MS = 48;
/** How many sequence numbers back a packet still finds its place: 5 s. A power of two. */
const WINDOW = 256;
/** A jump further ahead is no loss but another count (RFC 3550, A.1: MAX_DROPOUT). */
const MAX_AHEAD = 3_000;
/** A timestamp may run ahead of the time that passed by this much, in samples: 10 s. */
const MAX_LEAD = 480_000;
/** What a pause is counted for at most, in samples, well within half of the 32 bits: 6 h. */
const MAX_PAUSE = 2 ** 30;
const NONE = -1;

export interface SlotWriterOptions {
  /** What the slot's producer declares. */
  ssrc: number;
  payloadType: number;
  /** Id of the extension for the audio level (RFC 6464), 1 to 14. */
  levelId: number;
  /** Where the slot's own counts begin. */
  sequence: number;
  timestamp: number;
}

/** Whose packets come now. */
export interface SlotSpeaker {
  csrc: number;
  /** Id of the audio level extension in this one's packets; 0: they have none. */
  levelId: number;
}

/**
 * Makes one unbroken stream of the packets of whoever holds a slot: the receiver sees one sender who never
 * restarts. Within a turn every packet keeps its distance to the others, in sequence and in time, so that what was lost
 * is seen to be lost and what was late finds its place; from one turn to the next there is no gap in sequence,
 * and in time as much as has passed.
 */
export class SlotWriter {
  readonly #in = new RtpPacket();
  readonly #out: SlotHeader;
  /** Which sequence numbers were written, each at its place in the window. */
  readonly #written = new Float64Array(WINDOW).fill(NONE);
  #levelId = 0;
  /** The slot's counts, unwrapped, at its highest packet, and when that was written, in milliseconds. */
  #sequence: number;
  #timestamp: number;
  #at = NONE;
  /** The speaker's counts at that same packet; NONE: his turn has not begun. */
  #inSequence = NONE;
  #inTimestamp = 0;
  /** The slot's counts at the first packet of the turn. Nothing may come before it. */
  #firstSequence = 0;
  #firstTimestamp = 0;
  /** The number that would follow on one that fitted nowhere: if it comes, the sender counts anew. */
  #stray = NONE;

  constructor({ sequence, timestamp, ...out }: SlotWriterOptions) {
    this.#out = { ...out, marker: false, sequence, timestamp, csrc: 0, level: NONE };
    this.#sequence = sequence;
    this.#timestamp = timestamp;
  }

  /** A speaker's turn begins: what is written from now on is his. */
  begin({ csrc, levelId }: SlotSpeaker): void {
    this.#out.csrc = csrc;
    this.#levelId = levelId;
    this.#inSequence = NONE;
    this.#stray = NONE;
  }

  /**
   * The slot's packet for one of the speaker's; undefined for what is no RTP, a duplicate, or too late to have a place.
   * @param now when it came, in milliseconds.
   */
  write(buffer: Buffer, now: number): Buffer | undefined {
    const packet = this.#in;
    if (!packet.read(buffer)) return undefined;
    const begins = this.#inSequence === NONE;
    if (begins) this.#beginTurn(packet, now);
    else if (!this.#place(packet, now)) return undefined;
    const out = this.#out;
    out.marker = begins || packet.marker;
    out.level = this.#levelId === 0 ? NONE : packet.extension(this.#levelId);
    return writeSlotPacket(out, packet);
  }

  #beginTurn(packet: RtpPacket, now: number): void {
    this.#advance(packet, this.#sequence + 1, this.#timestamp + (this.#at === NONE ? 0 : this.#passed(now)), now);
    this.#firstSequence = this.#sequence;
    this.#firstTimestamp = this.#timestamp;
  }

  /** Gives a packet of a turn under way its place. Returns whether it has one. */
  #place(packet: RtpPacket, now: number): boolean {
    // Both counts wrap: the distance is the shorter way round.
    const ahead = ((packet.sequence - this.#inSequence) << 16) >> 16;
    const sequence = this.#sequence + ahead;
    if (ahead > MAX_AHEAD || ahead <= -WINDOW) return this.#isStray(packet, now);
    this.#stray = NONE;
    if (sequence < this.#firstSequence || this.#written[sequence & (WINDOW - 1)] === sequence) return false;
    const later = (packet.timestamp - this.#inTimestamp) | 0;
    const timestamp = this.#timestamp + later;
    if (ahead < 0) {
      if (later > 0 || timestamp < this.#firstTimestamp) return false;
      this.#set(sequence, timestamp);
      return true;
    }
    if (later < 0 || later > this.#passed(now) + MAX_LEAD) {
      // The sender's clock was set: the gap in sequence stays, time goes on here as it does for the listener.
      this.#advance(packet, sequence, this.#timestamp + this.#passed(now), now);
      this.#firstSequence = sequence;
      this.#firstTimestamp = this.#timestamp;
    } else {
      this.#advance(packet, sequence, timestamp, now);
    }
    return true;
  }

  /** One that fits nowhere is dropped; two in a row are a sender that counts anew, as if his turn began again. */
  #isStray(packet: RtpPacket, now: number): boolean {
    if (packet.sequence !== this.#stray) {
      this.#stray = (packet.sequence + 1) & 0xffff;
      return false;
    }
    this.#stray = NONE;
    this.#beginTurn(packet, now);
    return true;
  }

  #advance(packet: RtpPacket, sequence: number, timestamp: number, now: number): void {
    this.#sequence = sequence;
    this.#timestamp = timestamp;
    this.#at = now;
    this.#inSequence = packet.sequence;
    this.#inTimestamp = packet.timestamp;
    this.#set(sequence, timestamp);
  }

  #set(sequence: number, timestamp: number): void {
    this.#written[sequence & (WINDOW - 1)] = sequence;
    this.#out.sequence = sequence & 0xffff;
    this.#out.timestamp = timestamp >>> 0;
  }

  /** Samples since the highest packet; at least a frame, also when the clock was set back. */
  #passed(now: number): number {
    return Math.min(Math.max(Math.round((now - this.#at) * SAMPLES_PER_MS), FRAME), MAX_PAUSE);
  }
}
