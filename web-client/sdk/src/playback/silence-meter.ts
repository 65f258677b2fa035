import type { VoiceSource } from '../media/voice-source.ts';

interface Stretch {
  readonly source: VoiceSource;
  /** What the voice came through when the stretch began. */
  readonly receiver: RTCRtpReceiver | null;
  readonly from: Promise<number | null>;
  to: Promise<number | null> | null;
  /** How long nothing had come when it was known that their microphone was closed, in ms. */
  closedMs: number;
}

/**
 * Measures how long one speaker could not be heard while they moved from path to path: the silence their
 * receivers had to put in while audible, and the time in which no source was audible at all. Someone who did not
 * talk (mute, DTX) has no silence to speak of, nor has whoever could not be heard when it began; and where packets
 * cease because a microphone is closed, the silence is theirs (`pause`).
 */
export class SilenceMeter {
  readonly #stretches: Stretch[] = [];
  #withoutSourceMs = 0;
  #withoutSourceSince: number | null = null;
  #talked: boolean;
  #isPaused = false;

  /** Begins with what is audible now. */
  constructor(audible: VoiceSource | null) {
    this.#talked = audible?.sounding ?? false;
    if (audible) this.audibleChanged(audible);
  }

  heard(source: VoiceSource): void {
    if (source.sounding) this.#talked = true;
  }

  audibleChanged(source: VoiceSource | null): void {
    if (this.#isPaused) return;
    this.#endStretch();
    if (source)
      this.#stretches.push({ source, receiver: source.receiver, from: read(source.receiver), to: null, closedMs: 0 });
    else this.#withoutSourceSince = performance.now();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Their microphone is closed: what is not heard from now on is not to be heard. */
  pause(): void {
    if (this.#isPaused) return;
    const last = this.#stretches.at(-1);
    if (last && !last.to) {
      // Packets cease at once, and the news of it comes later.
      last.source.poll();
      last.closedMs = performance.timeOrigin + performance.now() - last.source.lastFrameAt;
    }
    this.#endStretch();
    this.#isPaused = true;
  }

  /** They are heard again, from there. */
  resume(source: VoiceSource): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.audibleChanged(source);
  }

  /** In ms, until now; null if there was nothing to be heard. */
  async read(): Promise<number | null> {
    if (!this.#talked) return null;
    let silenceMs = this.#withoutSourceMs;
    if (this.#withoutSourceSince !== null) silenceMs += performance.now() - this.#withoutSourceSince;
    for (const stretch of this.#stretches) {
      const [start, end] = await Promise.all([stretch.from, stretch.to ?? endOf(stretch)]);
      if (start !== null && end !== null) silenceMs += Math.max(0, end - start - stretch.closedMs);
    }
    return silenceMs;
  }

  #endStretch(): void {
    const last = this.#stretches.at(-1);
    if (last && !last.to) last.to = endOf(last);
    if (this.#withoutSourceSince !== null) this.#withoutSourceMs += performance.now() - this.#withoutSourceSince;
    this.#withoutSourceSince = null;
  }
}

/** Of a slot that others have had since, nobody can say whose silence it was. */
function endOf({ source, receiver }: Stretch): Promise<number | null> {
  return read(source.receiver === receiver ? receiver : null);
}

/**
 * How much silence a receiver has put in for missing packets since it began, in ms; null if the browser does not
 * say, or its path has closed. Concealment that is still audible does not count (webrtc-stats,
 * `silentConcealedSamples`).
 */
async function read(receiver: RTCRtpReceiver | null): Promise<number | null> {
  const report = await receiver?.getStats().catch(() => null);
  for (const entry of report?.values() ?? []) {
    const { type, silentConcealedSamples, totalSamplesReceived, totalSamplesDuration } = entry;
    if (type !== 'inbound-rtp' || silentConcealedSamples === undefined) continue;
    const samplesPerMs = totalSamplesDuration > 0 ? totalSamplesReceived / totalSamplesDuration / 1000 : 48;
    return silentConcealedSamples / samplesPerMs;
  }
  return null;
}
