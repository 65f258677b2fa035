import { ParleyError, type RequestInput, type RequestName, type RequestOutput } from '@parley/shared/protocol';
import { isPathOf, type SfuPath, type Speaker, sfuPathAt, sfuPathOf } from '../rooms/index.ts';
import type { SfuNodes } from '../sfu/sfu.ts';
import { KeyedQueue } from './keyed-queue.ts';
import type { Ledger } from './ledger.ts';
import type { Membership } from './membership.ts';

type SfuRequest = Extract<RequestName, `sfu:${string}`>;
type Answer<R extends SfuRequest> = Promise<RequestOutput<R>>;

interface MediaOptions {
  membership: Membership;
  ledger: Ledger;
  sfu: SfuNodes;
  /** The SFU knows something of this path no longer: the peer, or all of it. */
  onMissing: (roomId: string, path: SfuPath) => void;
}

/**
 * What members ask of the SFU that carries their room. A request reaches the SFU only for a path the room is on, and
 * only as the member's own peer; the SFU itself knows which transports, producers and consumers are that peer's.
 */
export class Media {
  #membership: Membership;
  #ledger: Ledger;
  #sfu: SfuNodes;
  #onMissing: MediaOptions['onMissing'];
  /** One after the other per participant: what opens, produces and closes must reach room and SFU in one order. */
  #queue = new KeyedQueue();

  constructor(options: MediaOptions) {
    this.#onMissing = options.onMissing;
    this.#membership = options.membership;
    this.#ledger = options.ledger;
    this.#sfu = options.sfu;
  }

  /** @param region where they are: the nearest node that the room may use carries them */
  open(speaker: Speaker, { roomId, epoch }: RequestInput<'sfu:open'>, region: string | undefined): Answer<'sfu:open'> {
    return this.#inTurn(speaker, roomId, async () => {
      const { path, of } = await this.#path(roomId, speaker, epoch);
      const dropped = await this.#ledger.commit(roomId, () => ({ type: 'producersDropped', ...speaker, epoch }));
      if (dropped?.result.ok === false) throw new ParleyError(dropped.result.code);
      const at = this.#sfu.placeFor(path, region);
      const opening = this.#sfu.request(path.nodeId, 'peer:open', at ? { ...of, at } : of);
      const opened = await opening.catch((error: unknown) => {
        if (error instanceof ParleyError && error.code === 'not_found') this.#onMissing(roomId, path);
        throw error;
      });
      if (!(await this.#isStillHere(roomId, speaker.memberId, path))) {
        // They left while their transports were being made: nobody would ever close these.
        await this.#sfu.request(path.nodeId, 'peer:close', of).catch(() => {});
        throw new ParleyError('stale_epoch');
      }
      return opened;
    });
  }

  async connect(speaker: Speaker, input: RequestInput<'sfu:connect'>): Answer<'sfu:connect'> {
    const { path, of } = await this.#path(input.roomId, speaker, input.epoch);
    const { transportId, dtlsParameters } = input;
    return this.#sfu.request(path.nodeId, 'peer:connect', { ...of, transportId, dtlsParameters });
  }

  async restartIce(speaker: Speaker, input: RequestInput<'sfu:restartIce'>): Answer<'sfu:restartIce'> {
    const { path, of } = await this.#path(input.roomId, speaker, input.epoch);
    return this.#sfu.request(path.nodeId, 'peer:restartIce', { ...of, transportId: input.transportId });
  }

  produce(speaker: Speaker, input: RequestInput<'sfu:produce'>): Answer<'sfu:produce'> {
    const { roomId, epoch, transportId, rtpParameters, paused } = input;
    return this.#inTurn(speaker, roomId, async () => {
      const { path, of, member } = await this.#path(roomId, speaker, epoch);
      if (!member.canSpeak) throw new ParleyError('not_allowed');
      const produced = await this.#sfu.request(path.nodeId, 'peer:produce', {
        ...of,
        transportId,
        rtpParameters,
        // Whoever is silenced from here on, the room pauses.
        paused: paused || member.silenced,
      });
      const { producerId } = produced;
      const { sfuRoomId } = path;
      const added = await this.#ledger.commit(roomId, () => ({
        type: 'producerAdded',
        ...speaker,
        epoch,
        sfuRoomId,
        producerId,
      }));
      if (added?.result.ok) return produced;
      await this.#sfu.request(path.nodeId, 'peer:closeProducer', { ...of, producerId }).catch(() => {});
      throw new ParleyError(added?.result.ok === false ? added.result.code : 'internal');
    });
  }

  async pauseProducer(speaker: Speaker, input: RequestInput<'sfu:pauseProducer'>): Answer<'sfu:pauseProducer'> {
    const { roomId, epoch, producerId, paused } = input;
    const { path, of, member } = await this.#path(roomId, speaker, epoch);
    if (!paused && member.silenced) throw new ParleyError('not_allowed', 'A moderator has muted you.');
    const done = await this.#sfu.request(path.nodeId, 'peer:pauseProducer', { ...of, producerId, paused });
    // A moderator's pause may have overtaken this resume: then it has to be said again.
    if (!paused && (await this.#isSilenced(roomId, speaker.memberId))) {
      await this.#sfu.request(path.nodeId, 'peer:pauseProducer', { ...of, producerId, paused: true });
    }
    return done;
  }

  closeProducer(speaker: Speaker, input: RequestInput<'sfu:closeProducer'>): Answer<'sfu:closeProducer'> {
    const { roomId, epoch, producerId } = input;
    return this.#inTurn(speaker, roomId, async () => {
      const { path, of } = await this.#path(roomId, speaker, epoch);
      const closed = await this.#sfu.request(path.nodeId, 'peer:closeProducer', { ...of, producerId });
      await this.#forget(roomId, speaker.memberId, path.sfuRoomId, producerId);
      return closed;
    });
  }

  async consume(speaker: Speaker, input: RequestInput<'sfu:consume'>): Answer<'sfu:consume'> {
    const { roomId, epoch, producerIds, rtpCapabilities } = input;
    const { path, of, member } = await this.#path(roomId, speaker, epoch);
    if (!member.canListen) throw new ParleyError('not_allowed');
    return this.#sfu.request(path.nodeId, 'peer:consume', { ...of, producerIds, rtpCapabilities });
  }

  async resumeConsumers(speaker: Speaker, input: RequestInput<'sfu:resumeConsumers'>): Answer<'sfu:resumeConsumers'> {
    const { roomId, epoch, consumerIds } = input;
    const { path, of } = await this.#path(roomId, speaker, epoch);
    return this.#sfu.request(path.nodeId, 'peer:resumeConsumers', { ...of, consumerIds });
  }

  /** The SFU says that a producer ended by itself. */
  producerClosed({ sfuRoomId, peerId, producerId }: { sfuRoomId: string; peerId: string; producerId: string }): void {
    const roomId = this.#ledger.roomOf(sfuRoomId);
    if (roomId === undefined) return;
    // In turn: the request that made it may not have been answered yet.
    void this.#inTurn({ memberId: peerId }, roomId, () => this.#forget(roomId, peerId, sfuRoomId, producerId));
  }

  async #forget(roomId: string, memberId: string, sfuRoomId: string, producerId: string): Promise<void> {
    await this.#ledger.apply(roomId, { type: 'producerRemoved', sfuRoomId, memberId, producerId });
  }

  /** The SFU path `epoch` of the member's room. @throws {ParleyError} `stale_epoch`, `sfu_unavailable` */
  async #path(roomId: string, speaker: Speaker, epoch: number) {
    const { state, member } = await this.#membership.memberIn(roomId, speaker);
    if (!isPathOf(state, 'sfu', epoch)) throw new ParleyError('stale_epoch');
    const path = sfuPathAt(state, epoch);
    if (!path) throw new ParleyError('sfu_unavailable');
    return { path, member, of: { sfuRoomId: path.sfuRoomId, peerId: speaker.memberId } };
  }

  async #isSilenced(roomId: string, memberId: string): Promise<boolean> {
    const state = await this.#ledger.store.read(roomId);
    return state?.members[memberId]?.silenced === true;
  }

  async #isStillHere(roomId: string, memberId: string, path: SfuPath): Promise<boolean> {
    const state = await this.#ledger.store.read(roomId);
    return state !== null && sfuPathOf(state, path.sfuRoomId) !== undefined && Object.hasOwn(state.members, memberId);
  }

  #inTurn<T>({ memberId }: { memberId: string }, roomId: string, work: () => Promise<T>): Promise<T> {
    return this.#queue.run(JSON.stringify([roomId, memberId]), work);
  }
}
