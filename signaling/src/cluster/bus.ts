import type { BusMessage, BusMessageOf } from './messages.ts';

export type BusListener<T extends BusMessage['type']> = (message: BusMessageOf<T>, from: string) => void;

/** Between signaling nodes: fire and forget, at most once, in order from one node to another. */
export interface Bus {
  readonly nodeId: string;
  /** To one node; this one included. */
  send(nodeId: string, message: BusMessage): void;
  /** To every node; this one included, at once. */
  publish(message: BusMessage): void;
  /** @returns a function that stops listening. */
  on<T extends BusMessage['type']>(type: T, listener: BusListener<T>): () => void;
  close(): void;
}
