import { Bag } from './bag.ts';
import { type Kind, readKind } from './kind.ts';
import { placeOf } from './search.ts';
import { SortedSet } from './sorted-set.ts';

/** Who waits: a line for each kind, oldest first, and where the lines are. Nothing empty is kept. */
export class LineIndex {
  readonly #lines = new Map<string, { kind: Kind; line: SortedSet }>();
  readonly #places = new Map<number, Bag>();
  readonly #kinds = new Map<string, Bag>();

  placesOf(size: number): Bag | undefined {
    return this.#places.get(size);
  }

  kindsAt(size: number, place: string): Bag | undefined {
    return this.#kinds.get(`${size}|${place}`);
  }

  /** A kind that somebody waits with, read once; any other is read anew. */
  kind(text: string): Kind {
    return this.#lines.get(text)?.kind ?? readKind(text);
  }

  lineOf(text: string): SortedSet | undefined {
    return this.#lines.get(text)?.line;
  }

  add(since: number, userId: string, kind: Kind): void {
    let entry = this.#lines.get(kind.text);
    if (!entry) {
      entry = { kind, line: new SortedSet() };
      this.#lines.set(kind.text, entry);
      const place = placeOf(kind.language, kind.region);
      bagOf(this.#places, kind.size).add(place);
      bagOf(this.#kinds, `${kind.size}|${place}`).add(kind.text);
    }
    entry.line.add(since, userId);
  }

  remove(userId: string, { text, size, language, region }: Kind): void {
    const line = this.#lines.get(text)?.line;
    line?.remove(userId);
    if (!line || line.size > 0) return;
    this.#lines.delete(text);
    const place = placeOf(language, region);
    const kinds = this.#kinds.get(`${size}|${place}`);
    kinds?.remove(text);
    if (kinds?.size !== 0) return;
    this.#kinds.delete(`${size}|${place}`);
    const places = this.#places.get(size);
    places?.remove(place);
    if (places?.size === 0) this.#places.delete(size);
  }
}

function bagOf<K>(bags: Map<K, Bag>, key: K): Bag {
  const bag = bags.get(key) ?? new Bag();
  bags.set(key, bag);
  return bag;
}
