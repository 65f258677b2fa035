import type { RoomEvent, RoomSnapshot, ServerEvent } from '@parley/shared/protocol';

/** What one member knows of another. */
export interface Seen {
  readonly name: string;
  readonly muted: boolean;
  readonly connection: string;
}

const KEPT_EVENTS = 500;

/** A room as one member sees it: a snapshot, and the numbered events since, as docs/protocol.md wants it. */
export class View {
  readonly people = new Map<string, Seen>();
  /** Of those the member has known: who left, by what the member was told. */
  readonly left: { id: string; reason: string }[] = [];
  seq = 0;
  /** A snapshot has to be fetched. */
  isStale = false;
  #waiting: ServerEvent<'room:event'>[] = [];

  constructor(snapshot: RoomSnapshot) {
    this.reset(snapshot);
  }

  /** Takes a snapshot for the truth. While a room heals, whoever is missing is kept. */
  reset({ participants, healing, seq }: RoomSnapshot): void {
    if (!healing) this.people.clear();
    for (const { id, ...seen } of participants) this.#see(id, seen);
    this.seq = seq;
    this.isStale = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const event of waiting) this.apply(event);
  }

  apply(event: ServerEvent<'room:event'>): void {
    if (!this.isStale && event.seq <= this.seq) return;
    if (this.isStale || event.seq > this.seq + 1) {
      this.isStale = true;
      if (this.#waiting.length < KEPT_EVENTS) this.#waiting.push(event);
      return;
    }
    this.seq = event.seq;
    this.#happen(event.event);
  }

  #happen(event: RoomEvent): void {
    switch (event.type) {
      case 'participantJoined':
      case 'participantUpdated':
        this.#see(event.participant.id, event.participant);
        return;
      case 'participantLeft':
        this.people.delete(event.participantId);
        this.left.push({ id: event.participantId, reason: event.reason });
        return;
      case 'healed':
        this.isStale = true;
        return;
      default:
        return;
    }
  }

  #see(id: string, { name, muted, connection }: Seen): void {
    this.people.set(id, { name, muted, connection });
  }
}
