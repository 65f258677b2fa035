import type { Channel } from './channel.ts';

export interface FanOutOptions {
  /** So many are told in one go; then the event loop has its turn. */
  chunk: number;
  /** So many events may wait for theirs. With one more, the oldest is told to the rest of its audience in one go. */
  maxWaiting: number;
  /** Runs work once the event loop has had its turn. */
  defer: (work: () => void) => void;
}

interface Job<L> {
  readonly channel: Channel<L>;
  readonly audience: Iterator<L>;
  readonly tell: (listener: L) => void;
  readonly told: () => void;
}

/**
 * Tells many the same without holding up everyone else: a large audience is told in chunks, and the event loop turns
 * between them. The events of one channel keep their order; a small audience of a channel without a queue is told at
 * once.
 */
export class FanOut<L> {
  readonly #options: FanOutOptions;
  readonly #jobs: Job<L>[] = [];
  /** Channel -> how many of its events wait. */
  readonly #waiting = new Map<Channel<L>, number>();
  /** A turn is under way or to come. */
  #busy = false;
  #closed = false;

  constructor(options: FanOutOptions) {
    this.#options = options;
  }

  /** Events that have not reached all their audience. */
  get waiting(): number {
    return this.#jobs.length;
  }

  /**
   * @param tell must neither throw nor publish
   * @param told is called once everyone has been told
   */
  publish(channel: Channel<L>, tell: (listener: L) => void, told: () => void = () => {}): void {
    if (channel.size === 0 || this.#closed) return;
    const job = { channel, audience: channel.publish(), tell, told };
    const { chunk, maxWaiting } = this.#options;
    if (channel.size <= chunk && !this.#waiting.has(channel)) {
      run(job, Number.POSITIVE_INFINITY);
      told();
      return;
    }
    this.#jobs.push(job);
    this.#waiting.set(channel, (this.#waiting.get(channel) ?? 0) + 1);
    if (this.#jobs.length > maxWaiting) this.#finishOldest();
    if (!this.#busy) this.#turn();
  }

  /** What has not been told by now will not be. */
  close(): void {
    this.#closed = true;
    this.#jobs.length = 0;
    this.#waiting.clear();
  }

  /** Tells one chunk of listeners, of as many events as it takes. */
  #turn(): void {
    this.#busy = true;
    let left = this.#options.chunk;
    for (let job = this.#jobs[0]; job && left > 0; job = this.#jobs[0]) {
      const told = run(job, left);
      if (told < left) this.#done(job);
      left -= told;
    }
    if (this.#jobs.length === 0) this.#busy = false;
    else this.#options.defer(() => this.#turn());
  }

  #finishOldest(): void {
    const job = this.#jobs[0];
    if (!job) return;
    run(job, Number.POSITIVE_INFINITY);
    this.#done(job);
  }

  #done({ channel, told }: Job<L>): void {
    this.#jobs.shift();
    const left = (this.#waiting.get(channel) ?? 1) - 1;
    if (left > 0) this.#waiting.set(channel, left);
    else this.#waiting.delete(channel);
    told();
  }
}

/** Tells up to `most` more; returns how many it was, fewer than `most` when nobody is left. */
function run<L>({ audience, tell }: Job<L>, most: number): number {
  let told = 0;
  while (told < most) {
    const { done, value } = audience.next();
    if (done) return told;
    tell(value);
    told++;
  }
  return told;
}
