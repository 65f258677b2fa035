import { ParleyError } from '@parley/shared/protocol';
import { type Clock, DeadlineError, type Logger, withDeadline } from '@parley/shared/runtime';
import type { SfuHandle } from '../rooms/index.ts';
import type { SfuNodes, Wishes } from '../sfu/sfu.ts';

interface Entry {
  readonly sfuRoomId: string;
  opening: Promise<SfuHandle | null>;
  handle: SfuHandle | null;
  holders: number;
  /** The room has it now: it is no longer ours to hand out or to close. */
  claimed: boolean;
  /** The SFU has closed it, or is gone itself. */
  dead: boolean;
}

/** An SFU room opened for a room that may turn out not to need it. Release it exactly once. */
export interface Preparation {
  /** Null when no SFU was available, or when somebody else has used this one. */
  readonly handle: SfuHandle | null;
  /** @param used the room has taken it over */
  release(used: boolean): void;
}

interface PreparationsOptions {
  sfu: SfuNodes;
  clock: Clock;
  logger: Logger;
  newId: () => string;
  deadlineMs: number;
  /** What the room has just taken over was gone by then, and nobody knew whose news that was. */
  onLost: (roomId: string, sfuRoomId: string) => void;
}

/**
 * Opens SFU rooms ahead of the decision to use them: at most one at a time per room, shared by whoever asks
 * meanwhile, closed again when nobody used it.
 */
export class Preparations {
  #entries = new Map<string, Entry>();
  #sfu: SfuNodes;
  #logger: Logger;
  #clock: Clock;
  #newId: () => string;
  #deadlineMs: number;
  #onLost: PreparationsOptions['onLost'];

  constructor(options: PreparationsOptions) {
    this.#onLost = options.onLost;
    this.#clock = options.clock;
    this.#deadlineMs = options.deadlineMs;
    this.#sfu = options.sfu;
    this.#logger = options.logger;
    this.#newId = options.newId;
    this.#sfu.events.on('roomClosed', ({ sfuRoomId }) => {
      // It may be told before the opening itself is.
      for (const entry of this.#entries.values()) if (entry.sfuRoomId === sfuRoomId) entry.dead = true;
    });
    this.#sfu.events.on('nodeLost', (nodeId) => {
      for (const entry of this.#entries.values()) if (entry.handle?.nodeId === nodeId) entry.dead = true;
    });
  }

  /** @param wishes of whoever asks first */
  async prepare(roomId: string, wishes: Wishes = {}): Promise<Preparation> {
    let entry = this.#entries.get(roomId);
    if (!entry) {
      entry = this.#open(wishes);
      this.#entries.set(roomId, entry);
    }
    const held = entry;
    held.holders++;
    await held.opening;
    return {
      get handle() {
        return held.claimed || held.dead ? null : held.handle;
      },
      release: (used) => this.#release(roomId, held, used),
    };
  }

  get size(): number {
    return this.#entries.size;
  }

  #open(wishes: Wishes): Entry {
    const sfuRoomId = this.#newId();
    const blank = { handle: null, holders: 0, claimed: false, dead: false };
    const entry: Entry = { sfuRoomId, opening: Promise.resolve(null), ...blank };
    const opening = this.#sfu.open(sfuRoomId, wishes);
    entry.opening = withDeadline(opening, this.#deadlineMs, 'opening an sfu room', this.#clock).then(
      (handle) => {
        entry.handle = handle;
        return handle;
      },
      (error: unknown) => {
        const expected = error instanceof ParleyError && error.code === 'sfu_unavailable';
        if (!expected) this.#logger.error('no sfu room', { error });
        // Should it open after all, nobody waits for it.
        if (error instanceof DeadlineError)
          opening.then(
            (late) => this.#close(late),
            () => {},
          );
        return null;
      },
    );
    return entry;
  }

  #release(roomId: string, entry: Entry, used: boolean): void {
    entry.holders--;
    if (used) entry.claimed = true;
    if (used && entry.dead) this.#onLost(roomId, entry.sfuRoomId);
    const done = entry.claimed || entry.holders === 0;
    if (done && this.#entries.get(roomId) === entry) this.#entries.delete(roomId);
    if (entry.holders > 0 || entry.claimed || entry.dead || !entry.handle) return;
    this.#close(entry.handle);
  }

  #close({ nodeId, sfuRoomId }: SfuHandle): void {
    this.#sfu.request(nodeId, 'room:close', { sfuRoomId }).catch((error: unknown) => {
      this.#logger.warn('unused sfu room not closed; its lease will end it', { sfuRoomId, error });
    });
  }
}
