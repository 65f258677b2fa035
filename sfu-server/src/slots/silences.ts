import type { Logger } from '@parley/shared/runtime';
import type { StageRoom } from './microphone.ts';

/** Who is not to be sent which slot, since his own voice is in it. */
export class Silences {
  readonly #silence: StageRoom['silence'];
  readonly #log: Logger;
  /** Peer to slot. */
  readonly #slots = new Map<string, string>();

  constructor(silence: StageRoom['silence'], log: Logger) {
    this.#silence = silence;
    this.#log = log;
  }

  /** Slots whose speaker is not sent them. */
  get all(): { peerId: string; slotId: string }[] {
    return [...this.#slots].map(([peerId, slotId]) => ({ peerId, slotId }));
  }

  /** Resolves when the peer is not sent the slot. */
  async set(peerId: string, slotId: string): Promise<void> {
    if (this.#slots.get(peerId) === slotId) return;
    this.#slots.set(peerId, slotId);
    await this.#silence(peerId, slotId);
  }

  /** The slot is another's now. */
  clear(peerId: string, slotId: string): void {
    // He may have got another one meanwhile.
    if (this.#slots.get(peerId) !== slotId) return;
    this.#slots.delete(peerId);
    this.#silence(peerId, undefined).catch((error: unknown) => {
      this.#log.warn('a slot stays silent for a peer', { peer: peerId, slot: slotId, error });
    });
  }
}
