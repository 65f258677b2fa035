/** One Opus frame has to be full before it can leave: 20 ms, and 6.5 ms the encoder looks ahead (RFC 6716, 2.1.4). */
const CODEC_DELAY_MS = 26.5;
/** Where the jitter buffer's own delay is not known: it holds about so many times the jitter. */
const BUFFERED_JITTERS = 2;

/** What a listener knows of the way a voice takes. Times in ms. */
export interface Way {
  /** `mesh`: straight from the other person; `sfu`: by way of a server. */
  readonly path: 'mesh' | 'sfu';
  /** Round trip to the other end of the path: the person, or the server. */
  readonly rtt: number | null;
  /** Interarrival jitter (RFC 3550). */
  readonly jitter: number | null;
  /** How long the jitter buffer holds a packet; null if not known. */
  readonly jitterBuffer: number | null;
}

/**
 * Mouth to ear, one way, in ms: the network's half of the round trip, jitter buffer, codec. What sound cards and the
 * operating system add is not known here. Behind an SFU a listener sees only their own leg: the speaker's is taken to
 * be as long.
 */
export function mouthToEarMs({ path, rtt, jitter, jitterBuffer }: Way): number {
  const network = (rtt ?? 0) * (path === 'sfu' ? 1 : 0.5);
  return network + (jitterBuffer ?? BUFFERED_JITTERS * (jitter ?? 0)) + CODEC_DELAY_MS;
}
