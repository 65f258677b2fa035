/** Rooms of a user, in order of their names; the empty list: online, and in none. */
export type Rooms = readonly string[];

/** Who is there by what one node says of its own connections. Versions count up, one per change told to the others. */
export class Page {
  readonly nodeId: string;
  /** Names the process: a node that has restarted begins another page. */
  readonly incarnation: string;
  version = 0;
  #users = new Map<string, Rooms>();
  #checksum = 0;

  constructor(nodeId: string, incarnation: string) {
    this.nodeId = nodeId;
    this.incarnation = incarnation;
  }

  get size(): number {
    return this.#users.size;
  }

  /** Of all entries, in whatever order they came; kept up as they change, so that it costs nothing to compare pages. */
  get checksum(): number {
    return this.#checksum;
  }

  get(userId: string): Rooms | null {
    return this.#users.get(userId) ?? null;
  }

  /** @param rooms null: the user is not there @returns false if that was known */
  set(userId: string, rooms: Rooms | null): boolean {
    const before = this.#users.get(userId) ?? null;
    if (sameRooms(before, rooms)) return false;
    if (before) this.#checksum = (this.#checksum - hashOf(userId, before)) >>> 0;
    if (rooms) {
      this.#users.set(userId, rooms);
      this.#checksum = (this.#checksum + hashOf(userId, rooms)) >>> 0;
    } else {
      this.#users.delete(userId);
    }
    return true;
  }

  entries(): [userId: string, rooms: Rooms][] {
    return [...this.#users];
  }
}

export function sameRooms(a: Rooms | null, b: Rooms | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((room, i) => room === b[i]);
}

/** 32-bit FNV-1a of the code units, 0 between the parts. */
function hashOf(userId: string, rooms: Rooms): number {
  let hash = hashOn(0x811c9dc5, userId);
  for (const room of rooms) hash = hashOn(Math.imul(hash, 0x01000193), room);
  return hash >>> 0;
}

function hashOn(hash: number, text: string): number {
  let result = hash;
  for (let i = 0; i < text.length; i++) result = Math.imul(result ^ text.charCodeAt(i), 0x01000193);
  return result;
}
