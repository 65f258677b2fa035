/** Who has met whom a short while ago. What has ended is forgotten, the oldest first. */
export class Acquaintances {
  readonly #until = new Map<string, number>();

  add(people: readonly string[], until: number): void {
    for (const [index, one] of people.entries()) {
      for (const other of people.slice(index + 1)) {
        const pair = pairOf(one, other);
        this.#until.delete(pair);
        this.#until.set(pair, until);
      }
    }
  }

  has(one: string, other: string, now: number): boolean {
    return (this.#until.get(pairOf(one, other)) ?? 0) > now;
  }

  forget(now: number): void {
    for (const [pair, until] of this.#until) {
      if (until > now) return;
      this.#until.delete(pair);
    }
  }

  get size(): number {
    return this.#until.size;
  }
}

/** The same whoever is named first. */
function pairOf(one: string, other: string): string {
  return JSON.stringify(one < other ? [one, other] : [other, one]);
}
