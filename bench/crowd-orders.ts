/** What a crowd's process is told to do, one order at a time, and what it answers. */
export type Order =
  | { order: 'connect'; port: number; count: number; kind: ClientKind; speaks: 'socket.io' | 'websocket' }
  /** Each takes a place in a small room; `from` is the place of the first. `size` people to a room. */
  | { order: 'join'; from: number; size: number }
  /** All clients are to hear an event with this text in it, once. Answered twice: when ready, and when all have. */
  | { order: 'listen'; marker: string };

/** `library`: socket.io-client, or the client of `ws` for the limit. */
export type ClientKind = 'light' | 'library';

export type Report =
  | { report: 'connected' }
  | { report: 'joined'; beganAt: number; endedAt: number }
  | { report: 'listening' }
  /** When the last one heard it. */
  | { report: 'heard'; lastAt: number }
  | { report: 'failed'; message: string };

/** Milliseconds on a clock that all processes of a machine share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
