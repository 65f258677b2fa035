import { ParleyError } from '@parley/shared/protocol';
import type { Logger } from '@parley/shared/runtime';
import type { RoomState, SfuPath } from '../rooms/index.ts';
import type { SfuNodes } from '../sfu/sfu.ts';
import type { Ledger } from './ledger.ts';
import type { Media } from './media.ts';

/** Tells rooms what became of the SFU that carries them. */
export class SfuWatch {
  #ledger: Ledger;
  #sfu: SfuNodes;
  #logger: Logger;

  constructor(options: { ledger: Ledger; media: Media; sfu: SfuNodes; logger: Logger }) {
    const { ledger, media, sfu, logger } = options;
    this.#ledger = ledger;
    this.#sfu = sfu;
    this.#logger = logger;
    ledger.store.events.on('changed', ({ before, state, remote }) => {
      const path = state?.sfu;
      if (remote && path && path.sfuRoomId !== before?.sfu?.sfuRoomId) void this.#hold(path);
    });
    sfu.events.on('producerClosed', (closed) => media.producerClosed(closed));
    sfu.events.on('roomClosed', ({ sfuRoomId }) => this.#lose(ledger.roomOf(sfuRoomId), sfuRoomId));
    sfu.events.on('nodeUp', (nodeId) => this.#onRoomsOf(nodeId, (state, path) => this.#takeBack(state.id, path)));
    sfu.events.on('nodeLost', (nodeId) =>
      this.#onRoomsOf(nodeId, (state, path) => this.#lose(state.id, path.sfuRoomId)),
    );
  }

  #lose(roomId: string | undefined, sfuRoomId: string): void {
    if (roomId !== undefined) void this.#ledger.apply(roomId, { type: 'sfuLost', sfuRoomId });
  }

  /** Another node opened the SFU room: from now on this one holds it too, and hears what becomes of it. */
  async #hold({ sfuRoomId, nodeId }: SfuPath): Promise<void> {
    try {
      await this.#sfu.adopt({ sfuRoomId, nodeId });
    } catch (error) {
      this.#logger.debug('sfu room not held', { sfuRoomId, error });
    }
  }

  /** The link was away: holds the room's lease again, and finds out what happened meanwhile. */
  async #takeBack(roomId: string, { sfuRoomId, nodeId }: SfuPath): Promise<void> {
    try {
      const { peers } = await this.#sfu.adopt({ sfuRoomId, nodeId });
      await this.#ledger.apply(roomId, { type: 'sfuReconciled', sfuRoomId, peers });
      this.#closeStrays(await this.#ledger.store.read(roomId), peers);
    } catch (error) {
      if (error instanceof ParleyError && error.code === 'not_found') this.#lose(roomId, sfuRoomId);
      // Out of reach again: there will be another `nodeUp`, or `nodeLost`.
      else this.#logger.warn('sfu room not taken back', { roomId, sfuRoomId, error });
    }
  }

  /** Closes peers of those who left while the SFU could not be told. */
  #closeStrays(state: RoomState | null, peers: { peerId: string }[]): void {
    const sfu = state?.sfu;
    if (!sfu || state.healingUntil !== null) return;
    for (const { peerId } of peers) {
      if (Object.hasOwn(state.members, peerId)) continue;
      this.#sfu.request(sfu.nodeId, 'peer:close', { sfuRoomId: sfu.sfuRoomId, peerId }).catch(() => {});
    }
  }

  #onRoomsOf(nodeId: string, act: (state: RoomState, path: SfuPath) => void): void {
    for (const state of this.#ledger.store.followed()) if (state.sfu?.nodeId === nodeId) act(state, state.sfu);
  }
}
