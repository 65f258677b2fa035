/** Members who left while the store could not be told so; the node says it for them later. The oldest are forgotten first. */
export class Leavings {
  readonly #ids = new Set<string>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  add(memberId: string): void {
    this.#ids.add(memberId);
    for (const oldest of this.#ids) {
      if (this.#ids.size <= this.#max) return;
      this.#ids.delete(oldest);
    }
  }

  has(memberId: string): boolean {
    return this.#ids.has(memberId);
  }

  /** It has been said. */
  delete(memberId: string): void {
    this.#ids.delete(memberId);
  }
}
