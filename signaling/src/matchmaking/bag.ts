/** A set from which a few members can be drawn without a walk through all of them. */
export class Bag {
  readonly #places = new Map<string, number>();
  readonly #members: string[] = [];

  get size(): number {
    return this.#members.length;
  }

  add(member: string): void {
    if (this.#places.has(member)) return;
    this.#places.set(member, this.#members.length);
    this.#members.push(member);
  }

  remove(member: string): void {
    const place = this.#places.get(member);
    if (place === undefined) return;
    this.#places.delete(member);
    const last = this.#members.pop() as string;
    if (last === member) return;
    this.#members[place] = last;
    this.#places.set(last, place);
  }

  /** All members if they are no more than `limit`, else so many in a row from a random one on. */
  draw(limit: number, random: () => number): string[] {
    const { length } = this.#members;
    if (length <= limit) return [...this.#members];
    const start = Math.floor(random() * length);
    return Array.from({ length: limit }, (_, index) => this.#members[(start + index) % length] as string);
  }
}
