import { setTimeout as pause } from 'node:timers/promises';
import type { RtpParameters, TransportParameters } from '@parley/shared/media';
import { ListenerProcess } from './listener-process.ts';
import { createLocal, type Local, MediaClient, type Remote } from './media-client.ts';
import type { Heard } from './orders.ts';
import { LEVEL_EXTENSION, PAYLOAD_TYPE, Speaker, speak } from './speaker.ts';

/** CPU time so far, in µs: of what forwards packets, and of all there is of the server. */
export interface Cpu {
  readonly forwarding: number;
  readonly all: number;
}

/** A server that forwards, with one room. */
export interface Forwarder {
  readonly name: string;
  /** A speaker's way in; its packets will carry this SSRC. */
  openSpeaker(local: Local, ssrc: number): Promise<Remote>;
  /** A listener's way out, to hear all that speakers are heard by. */
  openListener(local: Local): Promise<Remote>;
  cpu(): Cpu;
  /** Memory of all processes of the server, in KB. */
  rss(): number;
  close(): Promise<void>;
}

/** What came of a while of speaking. */
export interface Window {
  readonly heard: Heard;
  /** Packets a listener should have heard of each stream. */
  readonly sent: number;
  readonly cpu: Cpu;
  readonly ms: number;
}

/** What is on its way when the last packet is sent arrives by then. */
const LAST_MS = 200;
/** Listeners are told about as many at a time. */
const BATCH = 50;

/** A forwarder, and those in front of it. */
export class Side {
  readonly forwarder: Forwarder;
  readonly speakers: Speaker[] = [];
  readonly #listeners = new ListenerProcess();

  constructor(forwarder: Forwarder) {
    this.forwarder = forwarder;
  }

  async addSpeakers(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const ssrc = 10_000 + this.speakers.length;
      const local = await createLocal();
      const remote = await this.forwarder.openSpeaker(local, ssrc);
      this.speakers.push(new Speaker(await MediaClient.connect(local, remote), ssrc));
    }
  }

  /** @param decrypts whether they look inside: their latency is right also where timestamps are rewritten. */
  async addListeners(count: number, decrypts = false): Promise<void> {
    for (let left = count; left > 0; left -= BATCH) {
      const locals = await this.#listeners.prepare(Math.min(BATCH, left));
      const remotes = await Promise.all(locals.map((local) => this.forwarder.openListener(local)));
      await this.#listeners.connect(remotes, decrypts);
    }
  }

  /** Lets the speakers speak, and counts what that costs and what arrives. `rate`: packets a second of each. */
  listen(ms: number, rate?: number): Promise<Window> {
    return this.#observe(() => speak(this.speakers, ms, rate));
  }

  /** Counts what it costs while nobody speaks. */
  rest(ms: number): Promise<Window> {
    return this.#observe(() => pause(ms, 0));
  }

  /** @param act resolves to the packets each speaker has sent meanwhile */
  async #observe(act: () => Promise<number>): Promise<Window> {
    await this.#listeners.reset();
    const begun = performance.now();
    const before = this.forwarder.cpu();
    const sent = await act();
    await pause(LAST_MS);
    const after = this.forwarder.cpu();
    const passed = performance.now() - begun;
    const cpu = { forwarding: after.forwarding - before.forwarding, all: after.all - before.all };
    return { heard: await this.#listeners.read(), sent, cpu, ms: passed };
  }

  async close(): Promise<void> {
    for (const speaker of this.speakers) speaker.close();
    this.#listeners.end();
    await this.forwarder.close();
  }
}

/** What a browser's sender has, in short. */
export const opusRtp = (ssrc: number): RtpParameters => ({
  codecs: [
    {
      mimeType: 'audio/opus',
      payloadType: PAYLOAD_TYPE,
      clockRate: 48_000,
      channels: 2,
      parameters: { useinbandfec: 1, usedtx: 1 },
    },
  ],
  headerExtensions: [LEVEL_EXTENSION],
  encodings: [{ ssrc }],
  rtcp: { cname: `cname-${ssrc}` },
});

/** Where the client goes, of a transport as mediasoup describes it. */
export function remoteOf({
  iceParameters,
  iceCandidates,
}: Pick<TransportParameters, 'iceParameters' | 'iceCandidates'>): Remote {
  const candidate = iceCandidates.find(({ protocol }) => protocol === 'udp');
  if (!candidate) throw new Error('the transport has no UDP candidate');
  return { ...iceParameters, address: candidate.address, port: candidate.port };
}

export const dtlsOf = ({ fingerprint }: Local) => ({
  role: 'client' as const,
  fingerprints: [{ algorithm: 'sha-256' as const, value: fingerprint }],
});
