import { type Page, type Rooms, sameRooms } from './page.ts';

/** Who is where, by the pages of all nodes together. What one user costs does not depend on how many there are. */
export class Whereabouts {
  #pages = new Map<string, Page[]>();
  #rooms = new Map<string, Rooms>();
  #onChanged: (userId: string) => void;

  /** @param onChanged a user has come, gone, or is in other rooms than before */
  constructor(onChanged: (userId: string) => void) {
    this.#onChanged = onChanged;
  }

  /** How many users there are. */
  get size(): number {
    return this.#rooms.size;
  }

  /** null: not online. */
  get(userId: string): Rooms | null {
    return this.#rooms.get(userId) ?? null;
  }

  /** The pages on which a user is. */
  pagesOf(userId: string): readonly Page[] {
    return this.#pages.get(userId) ?? [];
  }

  /** Writes into a page, and so into the whole. */
  set(page: Page, userId: string, rooms: Rooms | null): void {
    if (!page.set(userId, rooms)) return;
    const before = this.pagesOf(userId);
    const pages = before.includes(page) ? before : [...before, page];
    const holding = pages.filter((it) => it.get(userId) !== null);
    if (holding.length > 0) this.#pages.set(userId, holding);
    else this.#pages.delete(userId);
    this.#merge(userId, holding);
  }

  #merge(userId: string, [first, ...others]: readonly Page[]): void {
    let rooms = first?.get(userId) ?? null;
    if (rooms && others.length > 0) {
      rooms = [...new Set([...rooms, ...others.flatMap((page) => page.get(userId) ?? [])])].sort();
    }
    if (sameRooms(rooms, this.get(userId))) return;
    if (rooms) this.#rooms.set(userId, rooms);
    else this.#rooms.delete(userId);
    this.#onChanged(userId);
  }
}
