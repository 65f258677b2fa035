/** Those who hear what is published on it: from the next event after they have come, until they leave. */
export class Channel<L> {
  /** Listener -> how many events had been published before they came. */
  readonly #listeners = new Map<L, number>();
  #published = 0;

  get size(): number {
    return this.#listeners.size;
  }

  listeners(): IterableIterator<L> {
    return this.#listeners.keys();
  }

  add(listener: L): void {
    if (!this.#listeners.has(listener)) this.#listeners.set(listener, this.#published);
  }

  delete(listener: L): void {
    this.#listeners.delete(listener);
  }

  /**
   * Counts one more event and returns who is to hear it. The answer may be walked through later and in pieces: who
   * comes meanwhile is not in it, and who leaves before their turn is not either.
   */
  publish(): IterableIterator<L> {
    const number = this.#published++;
    return this.#audienceOf(number);
  }

  *#audienceOf(number: number): IterableIterator<L> {
    for (const [listener, since] of this.#listeners) if (since <= number) yield listener;
  }
}
