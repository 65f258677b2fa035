import type { Local, Remote } from './media-client.ts';

/** What a process of listeners is told to do, one order at a time, and what it answers. */
export type Order =
  /** That many more. */
  | { order: 'prepare'; count: number }
  /** Those prepared, in the same order. */
  | { order: 'connect'; remotes: readonly Remote[]; decrypts: boolean }
  /** Forgets what it has counted. */
  | { order: 'reset' }
  | { order: 'read' };

export type Report =
  | { report: 'prepared'; locals: readonly Local[] }
  | { report: 'connected' }
  | { report: 'reset' }
  | { report: 'read'; heard: Heard }
  | { report: 'failed'; message: string };

/** What all listeners of a process have heard. */
export interface Heard {
  readonly packets: number;
  /** By RTP timestamp, or by what is inside where listeners decrypt; from before encryption at the speaker to the listener's own code, ms. */
  readonly latencyP50: number;
  readonly latencyP99: number;
}
