import type { Logger } from '@parley/shared/runtime';
import type { SfuContents, SfuHandle } from '../rooms/index.ts';
import type { SfuNodes } from '../sfu/sfu.ts';

/** Takes over SFU rooms that a restarted server finds in its members' memories; once for all who ask meanwhile. */
export class Adoptions {
  #pending = new Map<string, Promise<SfuContents | null>>();
  #sfu: SfuNodes;
  #logger: Logger;

  constructor(options: { sfu: SfuNodes; logger: Logger }) {
    this.#sfu = options.sfu;
    this.#logger = options.logger;
  }

  /** What the SFU room holds; null when it is gone or out of reach. */
  adopt({ sfuRoomId, nodeId }: SfuHandle): Promise<SfuContents | null> {
    let pending = this.#pending.get(sfuRoomId);
    if (!pending) {
      pending = this.#adopt({ sfuRoomId, nodeId }).finally(() => this.#pending.delete(sfuRoomId));
      this.#pending.set(sfuRoomId, pending);
    }
    return pending;
  }

  async #adopt(handle: SfuHandle): Promise<SfuContents | null> {
    const { sfuRoomId, nodeId: sfuNodeId } = handle;
    try {
      const { peers, forwarding } = await this.#sfu.adopt(handle);
      this.#logger.info('sfu room adopted', { sfuRoomId, sfuNodeId, peers: peers.length });
      return { peers, forwarding };
    } catch (error) {
      this.#logger.warn('sfu room not adopted', { sfuRoomId, sfuNodeId, error });
      return null;
    }
  }
}
