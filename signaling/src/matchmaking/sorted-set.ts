/** Members in the order of their scores, and of their names where scores are equal: Redis' ZSET, as far as needed. */
export class SortedSet {
  readonly #scores = new Map<string, number>();
  readonly #order: string[] = [];

  get size(): number {
    return this.#order.length;
  }

  has(member: string): boolean {
    return this.#scores.has(member);
  }

  /** Adds a member, or moves it. */
  add(score: number, member: string): void {
    this.remove(member);
    this.#order.splice(this.#find(score, member), 0, member);
    this.#scores.set(member, score);
  }

  remove(member: string): void {
    const score = this.#scores.get(member);
    if (score === undefined) return;
    this.#order.splice(this.#find(score, member), 1);
    this.#scores.delete(member);
  }

  /** How many have a score of at most `max`. */
  count(max: number): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#scoreAt(middle) <= max) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first with a score of at most `max`, from the `offset`th on. */
  first(max: number, limit: number, offset = 0): string[] {
    return this.#order.slice(offset, Math.min(offset + limit, this.count(max)));
  }

  /** Where the member is, or would be. */
  #find(score: number, member: string): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = this.#scoreAt(middle);
      if (there < score || (there === score && (this.#order[middle] as string) < member)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #scoreAt(index: number): number {
    return this.#scores.get(this.#order[index] as string) as number;
  }
}
