import { Emitter } from '@parley/shared/runtime';
import type { Outbox, OutboxEntry, OutboxEvents, OutboxLimits } from '../outbox.ts';

interface Said {
  /** The position of the first entry. */
  base: number;
  entries: string[];
  /** Receiver -> the position of the next it has not accepted. */
  next: Map<string, number>;
}

/** An outbox in this process's memory, gone with it. */
export class MemoryOutbox implements Outbox {
  readonly events = new Emitter<OutboxEvents>();
  readonly isShared = false;
  readonly #receivers: readonly string[];
  readonly #max: number;
  readonly #maxPerRoom: number;
  /** Rooms with something to say, the one that has waited longest first. */
  readonly #rooms = new Map<string, Said>();
  #size = 0;

  constructor({ receivers, max, maxPerRoom }: OutboxLimits) {
    this.#receivers = receivers;
    this.#max = max;
    this.#maxPerRoom = maxPerRoom;
  }

  async expect(): Promise<void> {}

  add(roomId: string, entries: readonly string[]): void {
    if (entries.length === 0) return;
    let said = this.#rooms.get(roomId);
    if (!said) {
      said = { base: 0, entries: [], next: new Map() };
      this.#rooms.set(roomId, said);
    }
    said.entries.push(...entries);
    this.#size += entries.length;
    this.#drop(roomId, said, said.entries.length - this.#maxPerRoom);
    while (this.#size > this.#max) {
      const [oldest] = this.#rooms;
      if (!oldest) break;
      this.#drop(...oldest, Math.min(this.#size - this.#max, oldest[1].entries.length));
    }
    this.events.emit('pending', roomId);
  }

  async next(roomId: string, receiver: string): Promise<OutboxEntry | null> {
    const said = this.#rooms.get(roomId);
    if (!said) return null;
    const position = positionOf(said, receiver);
    const text = said.entries[position - said.base];
    return text === undefined ? null : { position, text };
  }

  async accepted(roomId: string, receiver: string, position: number): Promise<void> {
    const said = this.#rooms.get(roomId);
    if (!said) return;
    said.next.set(receiver, Math.max(positionOf(said, receiver), position + 1));
    const everywhere = Math.min(...this.#receivers.map((one) => positionOf(said, one)));
    this.#shift(roomId, said, everywhere - said.base);
  }

  async backlog(): Promise<number> {
    return this.#size;
  }

  close(): void {
    this.events.removeAllListeners();
  }

  #drop(roomId: string, said: Said, count: number): void {
    if (count <= 0) return;
    this.#shift(roomId, said, count);
    this.events.emit('dropped', roomId, count);
  }

  #shift(roomId: string, said: Said, count: number): void {
    if (count <= 0) return;
    this.#size -= said.entries.splice(0, count).length;
    said.base += count;
    if (said.entries.length === 0) this.#rooms.delete(roomId);
  }
}

function positionOf({ base, next }: Said, receiver: string): number {
  return Math.max(base, next.get(receiver) ?? base);
}
