/** Where signaling is: one address, or several that are tried in turn. Undefined: the page's own origin. */
export class Addresses {
  readonly #urls: readonly (string | undefined)[];
  #at = 0;

  constructor(url: string | readonly string[] | undefined) {
    this.#urls = typeof url === 'string' || url === undefined || url.length === 0 ? [url as string | undefined] : url;
  }

  get current(): string | undefined {
    return this.#urls[this.#at];
  }

  /** The one after it; the same again when it is the only one. */
  next(): string | undefined {
    this.#at = (this.#at + 1) % this.#urls.length;
    return this.current;
  }
}
