/** So long without a frame, in ms, a slot may be anybody's next: longer than the 400 ms at which Opus says it is silent. */
const SILENT_MS = 500;

/** What of an `RTCRtpContributingSource` is looked at. */
export type ContributingSource = Pick<RTCRtpContributingSource, 'source' | 'timestamp' | 'rtpTimestamp'>;

/** Follows whose voice a slot plays, by the contributing sources of the frames that were played. Pure. */
export class SlotHolder {
  #csrc: number | null = null;
  #timestamp = 0;
  #seenAt = 0;

  /** The CSRC of whose frame was played last; null: nobody's for a while, so that the next may be anybody's. */
  get csrc(): number | null {
    return this.#csrc;
  }

  /**
   * @param sources as the receiver gives them, in any order: it remembers 10 s
   * @param now in ms, of any clock
   * @returns whether the holder is another than before
   */
  look(sources: readonly ContributingSource[], now: number): boolean {
    const before = this.#csrc;
    const newest = sources.reduce<ContributingSource | null>(
      (best, source) => (best && !isNewer(source, best) ? best : source),
      null,
    );
    if (newest && newest.timestamp > this.#timestamp) {
      this.#csrc = newest.source;
      this.#timestamp = newest.timestamp;
      this.#seenAt = now;
    } else if (now - this.#seenAt > SILENT_MS) {
      this.#csrc = null;
    }
    return this.#csrc !== before;
  }
}

/** A frame in which one person stops and another begins has both: of those, the one that was sent later. */
function isNewer(source: ContributingSource, than: ContributingSource): boolean {
  if (source.timestamp !== than.timestamp) return source.timestamp > than.timestamp;
  // RTP timestamps wrap around at 32 bits.
  return ((source.rtpTimestamp - than.rtpTimestamp) | 0) > 0;
}
