import type { RemoteSource } from '../media/remote-source.ts';

/**
 * Measures how long one speaker could not be heard while they moved from path to path: the silence their
 * receivers had to put in while audible, and the time in which no source was audible at all. Someone who did not
 * talk (mute, DTX) has no silence to speak of.
 */
export class SilenceMeter {
  #stretches: { source: RemoteSource; from: Promise<number | null>; to: Promise<number | null> | null }[] = [];
  #withoutSourceMs = 0;
  #withoutSourceSince: number | null = null;
  #talked = false;

  /** Begins anew, with what is audible now. */
  start(audible: RemoteSource | null): void {
    this.#stretches = [];
    this.#withoutSourceMs = 0;
    this.#withoutSourceSince = null;
    this.#talked = audible?.sounding ?? false;
    this.audibleChanged(audible);
  }

  heard(source: RemoteSource): void {
    if (source.sounding) this.#talked = true;
  }

  audibleChanged(source: RemoteSource | null): void {
    const now = performance.now();
    const last = this.#stretches.at(-1);
    if (last && !last.to) last.to = read(last.source);
    if (this.#withoutSourceSince !== null) this.#withoutSourceMs += now - this.#withoutSourceSince;
    this.#withoutSourceSince = source ? null : now;
    if (source) this.#stretches.push({ source, from: read(source), to: null });
  }

  /** In ms, until now; null if there was nothing to be heard. */
  async read(): Promise<number | null> {
    if (!this.#talked) return null;
    let silenceMs = this.#withoutSourceMs;
    if (this.#withoutSourceSince !== null) silenceMs += performance.now() - this.#withoutSourceSince;
    for (const { source, from, to } of this.#stretches) {
      const [start, end] = await Promise.all([from, to ?? read(source)]);
      if (start !== null && end !== null) silenceMs += Math.max(0, end - start);
    }
    return silenceMs;
  }
}

/** A receiver whose path has closed meanwhile has nothing more to say. */
function read(source: RemoteSource): Promise<number | null> {
  return source.insertedSilenceMs().catch(() => null);
}
