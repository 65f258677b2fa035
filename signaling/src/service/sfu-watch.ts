import type { ControlEvent } from '@parley/shared/control';
import { ParleyError } from '@parley/shared/protocol';
import type { Clock, Logger } from '@parley/shared/runtime';
import { type RoomState, type SfuPath, sfuPathOf, sfuPathsOf } from '../rooms/index.ts';
import type { SfuNodes } from '../sfu/sfu.ts';
import type { RoomChange } from '../store/room-store.ts';
import { isCarriedBy } from './edges.ts';
import type { Ledger } from './ledger.ts';
import type { Media } from './media.ts';

export interface SfuWatchOptions {
  ledger: Ledger;
  media: Media;
  sfu: SfuNodes;
  /** Of this signaling node. */
  nodeId: string;
  /** How long a room stays, in ms, that is to leave its node: at random, so that not all of their clients come at once. */
  leaveAfterMs: () => number;
  clock: Clock;
  logger: Logger;
}

/** Rooms that one home is asked about at once when another node drains. */
const ASKED_AT_ONCE = 16;

/** Tells rooms what became of the SFU that carries them. */
export class SfuWatch {
  readonly #options: SfuWatchOptions;
  /** SFU rooms that are being asked about. */
  readonly #checking = new Set<string>();

  constructor(options: SfuWatchOptions) {
    this.#options = options;
    const { ledger, media, sfu } = options;
    ledger.store.events.on('changed', (change) => this.#handleChange(change));
    sfu.events.on('producerClosed', (closed) => media.producerClosed(closed));
    sfu.events.on('forwarding', (changed) => this.#handleForwarding(changed));
    sfu.events.on('peersLost', (lost) => this.#handlePeersLost(lost));
    sfu.events.on('roomClosed', ({ sfuRoomId }) => this.#lose(ledger.roomOf(sfuRoomId), sfuRoomId));
    sfu.events.on('nodeUp', (nodeId) => this.#onRoomsOf(nodeId, (state, path) => this.#takeBack(state.id, path)));
    sfu.events.on('nodeDraining', (nodeId) => this.#handleDraining(nodeId));
    sfu.events.on('nodeLost', (nodeId) =>
      this.#onRoomsOf(nodeId, (state, path) => this.#lose(state.id, path.sfuRoomId)),
    );
  }

  #handleChange({ roomId, before, state, remote }: RoomChange): void {
    if (!state) return;
    // Someone has come here from elsewhere, and this node follows the room from now on: nothing has changed, but if those
    // who held the SFU room go, such as in an update, it is up to this one.
    const isNew = before === state;
    for (const path of sfuPathsOf(state)) {
      if (remote && (isNew || !(before && sfuPathOf(before, path.sfuRoomId)))) void this.#hold(roomId, path);
    }
    const { sfu } = state;
    if (!sfu || sfu.sfuRoomId === before?.sfu?.sfuRoomId) return;
    for (const { nodeId, draining } of this.#options.sfu.states()) {
      if (!draining) continue;
      if (sfu.nodeId === nodeId) this.#leave(roomId, sfu, nodeId);
      else void this.#leaveEdge(roomId, sfu, nodeId);
    }
  }

  #handleForwarding({ sfuRoomId, forwarding }: ControlEvent<'room:forwarding'>): void {
    const roomId = this.#options.ledger.roomOf(sfuRoomId);
    if (roomId === undefined) return;
    void this.#options.ledger.apply(roomId, { type: 'forwardingChanged', sfuRoomId, forwarding });
  }

  /** Every signaling node hears of it, and sees to the members that are connected to it. */
  #handlePeersLost({ sfuRoomId, peerIds }: ControlEvent<'peer:lost'>): void {
    const { ledger, nodeId } = this.#options;
    const roomId = ledger.roomOf(sfuRoomId);
    if (roomId !== undefined) void ledger.apply(roomId, { type: 'peersLost', sfuRoomId, peerIds, nodeId });
  }

  #lose(roomId: string | undefined, sfuRoomId: string): void {
    if (roomId !== undefined) void this.#options.ledger.apply(roomId, { type: 'sfuLost', sfuRoomId });
  }

  /** Rooms whose home goes away move, and so do those that have an edge there: where those are, their homes know. */
  #handleDraining(nodeId: string): void {
    const elsewhere = new Map<string, { roomId: string; path: SfuPath }[]>();
    for (const { id: roomId, sfu: path } of this.#options.ledger.store.followed()) {
      if (!path) continue;
      if (path.nodeId === nodeId) {
        this.#leave(roomId, path, nodeId);
        continue;
      }
      const ofHome = elsewhere.get(path.nodeId);
      if (ofHome) ofHome.push({ roomId, path });
      else elsewhere.set(path.nodeId, [{ roomId, path }]);
    }
    for (const rooms of elsewhere.values()) void this.#leaveEdges(rooms, nodeId);
  }

  /** Asks a home about its rooms, few at a time: every signaling node does, and there may be thousands. */
  async #leaveEdges(rooms: { roomId: string; path: SfuPath }[], nodeId: string): Promise<void> {
    const rest = rooms.values();
    const ask = async () => {
      for (const { roomId, path } of rest) await this.#leaveEdge(roomId, path, nodeId);
    };
    await Promise.all(Array.from({ length: ASKED_AT_ONCE }, ask));
  }

  async #leaveEdge(roomId: string, path: SfuPath, nodeId: string): Promise<void> {
    const { sfu, logger } = this.#options;
    try {
      if (await isCarriedBy(sfu, path, nodeId)) this.#leave(roomId, path, nodeId);
    } catch (error) {
      // Its people there are lost at the node's deadline, and open anew.
      logger.warn('no answer to where an sfu room is', { roomId, sfuRoomId: path.sfuRoomId, error });
    }
  }

  #leave(roomId: string, { sfuRoomId }: SfuPath, nodeId: string): void {
    const { ledger, clock, leaveAfterMs } = this.#options;
    void ledger.apply(roomId, { type: 'sfuLeaving', sfuRoomId, nodeId, at: clock.now() + leaveAfterMs() });
  }

  /** Another node opened the SFU room: from now on this one holds its lease too, and hears what becomes of it. */
  async #hold(roomId: string, { sfuRoomId, nodeId }: SfuPath): Promise<void> {
    const { ledger, sfu, logger } = this.#options;
    try {
      const { forwarding } = await sfu.adopt({ sfuRoomId, nodeId });
      if (forwarding.generation > 0) await ledger.apply(roomId, { type: 'forwardingChanged', sfuRoomId, forwarding });
    } catch (error) {
      logger.debug('sfu room not held', { sfuRoomId, error });
    }
  }

  /** Someone had the answer that there is no such thing: if it is the whole SFU room, its end went unheard. */
  check(roomId: string, path: SfuPath): void {
    if (this.#checking.has(path.sfuRoomId)) return;
    this.#checking.add(path.sfuRoomId);
    void this.#takeBack(roomId, path).finally(() => this.#checking.delete(path.sfuRoomId));
  }

  /** The link was away: holds the room's lease again, and finds out what happened meanwhile. */
  async #takeBack(roomId: string, { sfuRoomId, nodeId }: SfuPath): Promise<void> {
    const { ledger, sfu, logger } = this.#options;
    try {
      const { peers, forwarding } = await sfu.adopt({ sfuRoomId, nodeId });
      await ledger.apply(roomId, { type: 'sfuReconciled', sfuRoomId, peers, forwarding });
      this.#closeStrays(await ledger.store.read(roomId), sfuRoomId, peers);
    } catch (error) {
      if (error instanceof ParleyError && error.code === 'not_found') this.#lose(roomId, sfuRoomId);
      // Out of reach again: there will be another `nodeUp`, or `nodeLost`.
      else logger.warn('sfu room not taken back', { roomId, sfuRoomId, error });
    }
  }

  /** Closes peers of those who left while the SFU could not be told. */
  #closeStrays(state: RoomState | null, sfuRoomId: string, peers: { peerId: string }[]): void {
    const path = state ? sfuPathOf(state, sfuRoomId) : undefined;
    if (!state || !path || state.healingUntil !== null) return;
    for (const { peerId } of peers) {
      if (Object.hasOwn(state.members, peerId)) continue;
      this.#options.sfu.request(path.nodeId, 'peer:close', { sfuRoomId, peerId }).catch(() => {});
    }
  }

  #onRoomsOf(nodeId: string, act: (state: RoomState, path: SfuPath) => void): void {
    for (const state of this.#options.ledger.store.followed()) {
      for (const path of sfuPathsOf(state)) if (path.nodeId === nodeId) act(state, path);
    }
  }
}
