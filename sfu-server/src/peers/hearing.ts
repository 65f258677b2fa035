import type { MediaConsumer } from '../media/ports.ts';
import type { Hold } from '../pipes/pipes.ts';

/** One peer hearing one producer: it sends when the client has asked for it and it is not withheld. */
export class Hearing {
  readonly consumer: MediaConsumer;
  readonly #hold: Hold;
  #asked = false;
  #withheld: boolean;
  #settling: Promise<void> | undefined;

  constructor(consumer: MediaConsumer, hold: Hold, withheld: boolean) {
    this.consumer = consumer;
    this.#hold = hold;
    this.#withheld = withheld;
  }

  resume(): Promise<void> {
    this.#asked = true;
    return this.#settle();
  }

  withhold(withheld: boolean): Promise<void> {
    this.#withheld = withheld;
    return this.#settle();
  }

  /** The consumer is closed, or about to be. */
  end(): void {
    this.#hold.release();
  }

  /** Makes the consumer what it should be. One call at a time: answers must not overtake each other. */
  #settle(): Promise<void> {
    if (this.#settling) return this.#settling;
    if (this.#settled) return Promise.resolve();
    this.#settling = this.#run();
    return this.#settling;
  }

  async #run(): Promise<void> {
    const { consumer } = this;
    try {
      while (!this.#settled) await (this.#sends ? consumer.resume() : consumer.pause());
    } catch (error) {
      if (!consumer.closed) throw error;
    } finally {
      this.#settling = undefined;
    }
  }

  get #settled(): boolean {
    return this.consumer.closed || this.consumer.paused !== this.#sends;
  }

  get #sends(): boolean {
    return this.#asked && !this.#withheld;
  }
}
