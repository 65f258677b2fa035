import { ParleyError } from '@parley/shared/protocol';
import type { Logger } from '@parley/shared/runtime';
import type { Effect } from '../rooms/index.ts';
import type { SfuNodes } from '../sfu/sfu.ts';
import { isCarriedBy } from './edges.ts';
import type { Ledger } from './ledger.ts';
import type { Preparations } from './preparations.ts';
import type { Reach } from './reach.ts';

type EffectOf<T extends Effect['type']> = Extract<Effect, { type: T }>;

/** Carries out what room transitions ask for. */
export class Effects {
  #sfu: SfuNodes;
  #reach: Reach;
  #preparations: Preparations;
  #logger: Logger;

  constructor(options: { sfu: SfuNodes; reach: Reach; preparations: Preparations; logger: Logger }) {
    this.#sfu = options.sfu;
    this.#reach = options.reach;
    this.#preparations = options.preparations;
    this.#logger = options.logger;
  }

  run(ledger: Ledger, roomId: string, effect: Effect): void {
    switch (effect.type) {
      case 'closeSfuRoom': {
        const { nodeId, sfuRoomId } = effect.sfu;
        this.#tell(effect, this.#sfu.request(nodeId, 'room:close', { sfuRoomId }));
        return;
      }
      case 'closeSfuPeer': {
        const { nodeId, sfuRoomId } = effect.sfu;
        this.#tell(effect, this.#sfu.request(nodeId, 'peer:close', { sfuRoomId, peerId: effect.peerId }));
        return;
      }
      case 'closeSfuProducer': {
        const { peerId, producerId, sfu } = effect;
        const { nodeId, sfuRoomId } = sfu;
        this.#tell(effect, this.#sfu.request(nodeId, 'peer:closeProducer', { sfuRoomId, peerId, producerId }));
        return;
      }
      case 'pauseSfuProducer': {
        const { peerId, producerId, sfu } = effect;
        const { nodeId, sfuRoomId } = sfu;
        const paused = true;
        this.#tell(effect, this.#sfu.request(nodeId, 'peer:pauseProducer', { sfuRoomId, peerId, producerId, paused }));
        return;
      }
      case 'pinSfuPeers': {
        const { nodeId, sfuRoomId } = effect.sfu;
        this.#tell(effect, this.#sfu.request(nodeId, 'room:pin', { sfuRoomId, peerIds: [...effect.peerIds] }));
        return;
      }
      case 'prepareSfu':
        void this.#prepare(ledger, roomId, effect);
        return;
      case 'sfuPeerLost':
        this.#reach.tellLost(effect.sessionId, { roomId, epoch: effect.epoch });
        return;
      case 'reconnect':
        this.#reach.drop(effect.sessionId);
        return;
      case 'fence':
        this.#reach.fence(effect, effect.memberId, roomId, effect.fence);
        return;
    }
  }

  async #prepare(ledger: Ledger, roomId: string, { not, edgeOf }: EffectOf<'prepareSfu'>): Promise<void> {
    // Without an answer, it may be.
    if (edgeOf && not !== null && !(await isCarriedBy(this.#sfu, edgeOf, not).catch(() => true))) {
      await ledger.apply(roomId, { type: 'edgeLeft', sfuRoomId: edgeOf.sfuRoomId, nodeId: not });
      return;
    }
    const preparation = await this.#preparations.prepare(roomId, not === null ? {} : { not: new Set([not]) });
    const { handle } = preparation;
    const outcome = await ledger.apply(
      roomId,
      handle ? { type: 'sfuPrepared', sfu: handle } : { type: 'sfuUnavailable' },
    );
    preparation.release(outcome?.result.ok === true && outcome.result.usedSfu);
  }

  /** What is gone already need not be closed; what cannot be reached, the SFU's lease ends. */
  #tell(effect: Effect, closing: Promise<unknown>): void {
    closing.catch((error: unknown) => {
      if (error instanceof ParleyError && error.code === 'not_found') return;
      this.#logger.warn('sfu not told', { effect, error });
    });
  }
}
