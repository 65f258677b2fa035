import type { MediaRouter } from '../media/ports.ts';
import type { Hold } from '../pipes/pipes.ts';

/** Where microphones are: a router of this node or, without one, another node. */
export interface MicrophonePlace {
  readonly router?: MediaRouter | undefined;
}

/** A peer's producer. */
export interface Microphone {
  readonly peerId: string;
  readonly producerId: string;
  readonly at: MicrophonePlace;
}

/** What a room's stage asks of its room. */
export interface StageRoom {
  /** The router on which slots are. */
  readonly home: MediaRouter;
  /**
   * Brings a microphone from another node to the home router, until it is let go.
   * @throws {ParleyError} `not_found` when it is gone.
   */
  bring(producerId: string): Promise<Hold>;
  /** Has the peer be sent nothing of this slot, his own, or be sent it again. Resolves when that is so. */
  withhold(peerId: string, slotId: string, withheld: boolean): Promise<void>;
}
