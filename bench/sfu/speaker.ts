import { now } from '../crowd-orders.ts';
import type { MediaClient } from './media-client.ts';

/** A frame of 32 kbit/s Opus: 20 ms. It begins with when it was sent, for whoever decrypts it. */
const PAYLOAD = Buffer.alloc(80, 0x55);
export const PACKETS_PER_S = 50;
export const PAYLOAD_TYPE = 111;
export const LEVEL_EXTENSION = { uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: 1 };
const ONE_BYTE_HEADERS = 0xbede;
const CLOCK_PER_MS = 48;
/** Voice, and 25 dB below full scale (RFC 6464). */
const VOICE = 0x80 | 25;

/** How long a packet took, in ms, by its RTP timestamp, as long as nobody has written another into it. */
export const latencyByHeader = (packet: Buffer, receivedAt: number): number =>
  ((clockAt(receivedAt) - packet.readUInt32BE(4)) | 0) / CLOCK_PER_MS;

/** The same by its payload, which nobody changes. */
export const latencyByPayload = (payload: Buffer, receivedAt: number): number => receivedAt - payload.readDoubleBE();

const clockAt = (ms: number): number => Math.floor(ms * CLOCK_PER_MS) >>> 0;

/** Sends Opus-sized packets whose timestamps say when they were sent. */
export class Speaker {
  readonly ssrc: number;
  readonly #client: MediaClient;
  #number = 0;

  constructor(client: MediaClient, ssrc: number) {
    this.#client = client;
    this.ssrc = ssrc;
  }

  say(): void {
    const at = now();
    PAYLOAD.writeDoubleBE(at);
    this.#number = (this.#number + 1) & 0xffff;
    this.#client.sendRtp(
      {
        version: 2,
        payloadType: PAYLOAD_TYPE,
        sequenceNumber: this.#number,
        timestamp: clockAt(at),
        ssrc: this.ssrc,
        extension: true,
        extensionProfile: ONE_BYTE_HEADERS,
        extensions: [{ id: LEVEL_EXTENSION.id, payload: Buffer.of(VOICE) }],
      },
      PAYLOAD,
    );
  }

  close(): void {
    this.#client.close();
  }
}

/**
 * All speak for `ms`, each `rate` times a second, evenly shared out over the time between two packets of one.
 * @returns how many packets each has sent
 */
export async function speak(speakers: readonly Speaker[], ms: number, rate = PACKETS_PER_S): Promise<number> {
  const each = Math.round((ms / 1e3) * rate);
  const total = each * speakers.length;
  const begun = now();
  const step = 1e3 / rate / speakers.length;
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor((now() - begun) / step) + 1);
    for (; sent < due; sent += 1) speakers[sent % speakers.length]?.say();
    const next = begun + sent * step - now();
    if (sent < total) await new Promise((resolve) => setTimeout(resolve, Math.max(1, next)));
  }
  return each;
}
