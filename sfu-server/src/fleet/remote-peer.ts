import type {
  ConsumerParameters,
  DtlsParameters,
  IceParameters,
  RtpCapabilities,
  RtpParameters,
  TransportParameters,
} from '@parley/shared/media';
import { ParleyError } from '@parley/shared/protocol';
import { Emitter, type Logger } from '@parley/shared/runtime';
import type { PeerEvents, RoomPeer } from '../peers/room-peer.ts';
import type { Hold } from '../pipes/pipes.ts';
import type { FleetInput, FleetOutput, FleetRequestName } from './contract.ts';

/** Requests about an edge, less what says which. */
export type OfEdge<R extends FleetRequestName> = Omit<FleetInput<R>, 'sfuRoomId' | 'generation'>;

/** What a peer needs of the branch it is on. */
export interface PeerBranch {
  /** Waits for the link to be there, does the work, and lets nobody compare the books before it is done. */
  pass<T>(work: () => Promise<T>): Promise<T>;
  /** Asks the edge. Only what has passed may. */
  request<R extends FleetRequestName>(name: R, input: OfEdge<R>): Promise<FleetOutput<R>>;
  /** Asks the edge to end something. What is not told comes out when the books are compared. */
  tell<R extends FleetRequestName>(name: R, input: OfEdge<R>): void;
  /** Whose producer that is, null for a slot; undefined if there is none of that id that may be consumed. */
  ownerOf(producerId: string): string | null | undefined;
  /** Has a producer of the room at the edge. */
  hold(producerId: string): Promise<Hold>;
}

/** A peer on another node, as its home has it: what it is asked is asked there. */
export class RemotePeer extends Emitter<PeerEvents> implements RoomPeer {
  readonly id: string;
  readonly #branch: PeerBranch;
  /** Its producers: paused or not. */
  readonly #producers = new Map<string, boolean>();
  /** What it hears, by producer. */
  readonly #hearing = new Map<string, Promise<Hold>>();
  /** Of which producers it was last said whether they are withheld from it. */
  readonly #withheld = new Map<string, boolean>();
  #isOpen = false;
  #listening = false;
  #closed = false;

  constructor(id: string, branch: PeerBranch, log: Logger) {
    super((error, event) => log.error('a listener threw', { event, error }));
    this.id = id;
    this.#branch = branch;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether the edge has said that it is there. */
  get isOpen(): boolean {
    return this.#isOpen && !this.#closed;
  }

  get producers(): ReadonlyMap<string, boolean> {
    return this.#producers;
  }

  get producerIds(): string[] {
    return [...this.#producers.keys()];
  }

  get consumerCount(): number {
    return this.#hearing.size;
  }

  get withheld(): ReadonlyMap<string, boolean> {
    return this.#withheld;
  }

  async open(): Promise<{ send: TransportParameters; receive: TransportParameters }> {
    try {
      const { send, receive } = await this.#ask('peer:open', {}, () => {
        this.#isOpen = true;
      });
      return { send, receive };
    } catch (error) {
      this.close();
      throw error;
    }
  }

  async connect(transportId: string, dtlsParameters: DtlsParameters): Promise<void> {
    await this.#ask('peer:connect', { transportId, dtlsParameters });
  }

  async restartIce(transportId: string): Promise<IceParameters> {
    return (await this.#ask('peer:restartIce', { transportId })).iceParameters;
  }

  async produce(transportId: string, rtpParameters: RtpParameters, paused: boolean): Promise<string> {
    const input = { transportId, rtpParameters, paused };
    const { producerId } = await this.#ask('peer:produce', input, (produced) => {
      for (const earlier of this.producerIds) this.#drop(earlier, false);
      this.#producers.set(produced.producerId, paused);
      this.emit('produced', produced.producerId, paused);
    });
    return producerId;
  }

  async pauseProducer(producerId: string, paused: boolean): Promise<void> {
    await this.#ask('peer:pauseProducer', { producerId, paused }, () => this.handlePaused(producerId, paused));
  }

  closeProducer(producerId: string): void {
    if (!this.#producers.has(producerId)) throw noSuch('producer');
    this.#drop(producerId, false);
    this.#branch.tell('peer:closeProducer', { peerId: this.id, producerId });
  }

  async consume(producerIds: readonly string[], rtpCapabilities: RtpCapabilities): Promise<ConsumerParameters[]> {
    const held = await Promise.all([...new Set(producerIds)].map((producerId) => this.#hold(producerId)));
    const there = held.filter((producerId) => producerId !== undefined);
    this.#assertOpen();
    if (there.length === 0) return [];
    return (await this.#ask('peer:consume', { producerIds: there, rtpCapabilities })).consumers;
  }

  async resumeConsumers(consumerIds: readonly string[]): Promise<void> {
    await this.#ask('peer:resumeConsumers', { consumerIds: [...consumerIds] });
    if (this.#listening || this.#closed) return;
    this.#listening = true;
    this.emit('listening');
  }

  async withhold(producerId: string, withheld: boolean): Promise<void> {
    if (this.#closed) return;
    this.#withheld.set(producerId, withheld);
    await this.#ask('peer:withhold', { producerId, withheld });
  }

  drop(producerIds: readonly string[]): void {
    for (const producerId of producerIds) this.#release(producerId);
    if (producerIds.length > 0) this.#branch.tell('peer:drop', { peerId: this.id, producerIds: [...producerIds] });
  }

  dropInaudible(): void {
    this.drop([...this.#hearing.keys()].filter((producerId) => this.#branch.ownerOf(producerId) === undefined));
  }

  close(): void {
    if (this.#closed) return;
    this.#end();
    this.#branch.tell('peer:close', { peerId: this.id });
  }

  /** The edge, or the peer there, is gone. */
  handleLost(): void {
    if (!this.#closed) this.#end();
  }

  /** A producer is paused, or not, as the edge has it. */
  handlePaused(producerId: string, paused: boolean): void {
    if (!this.#producers.has(producerId)) return;
    this.#producers.set(producerId, paused);
    this.emit('producerPaused', producerId, paused);
  }

  /** A producer ended at the edge without anybody having asked for it. */
  handleProducerEnded(producerId: string): void {
    this.#drop(producerId, true);
  }

  /** A producer of somebody else's is gone, wherever it was. */
  handleProducerGone(producerId: string): void {
    this.#hearing.delete(producerId);
    this.#withheld.delete(producerId);
  }

  /** `done`: enters the answer in the books. What is asked for a peer that closes meanwhile was in vain. */
  #ask<R extends Extract<FleetRequestName, `peer:${string}`>>(
    name: R,
    input: Omit<OfEdge<R>, 'peerId'>,
    done?: (answer: FleetOutput<R>) => void,
  ): Promise<FleetOutput<R>> {
    this.#assertOpen();
    return this.#branch.pass(async () => {
      this.#assertOpen();
      const answer = await this.#branch.request(name, { peerId: this.id, ...input } as OfEdge<R>);
      this.#assertOpen();
      done?.(answer);
      return answer;
    });
  }

  #assertOpen(): void {
    if (this.#closed) throw noSuch('peer');
  }

  /** Has a producer at the edge for this peer; its id, or undefined when there is nothing to be heard. */
  async #hold(producerId: string): Promise<string | undefined> {
    const owner = this.#branch.ownerOf(producerId);
    if (owner === undefined || owner === this.id || this.#closed) return undefined;
    let holding = this.#hearing.get(producerId);
    if (!holding) {
      holding = this.#branch.hold(producerId);
      this.#hearing.set(producerId, holding);
    }
    try {
      const hold = await holding;
      // Let go of meanwhile.
      if (this.#hearing.get(producerId) !== holding) hold.release();
      return producerId;
    } catch (error) {
      if (this.#hearing.get(producerId) === holding) this.#hearing.delete(producerId);
      if (error instanceof ParleyError && error.code === 'not_found') return undefined;
      throw error;
    }
  }

  #release(producerId: string): void {
    const holding = this.#hearing.get(producerId);
    this.#hearing.delete(producerId);
    holding?.then((hold) => hold.release()).catch(() => {});
  }

  #drop(producerId: string, byItself: boolean): void {
    if (this.#producers.delete(producerId)) this.emit('producerClosed', producerId, byItself);
  }

  #end(): void {
    this.#closed = true;
    for (const producerId of this.producerIds) this.#drop(producerId, false);
    for (const producerId of [...this.#hearing.keys()]) this.#release(producerId);
    this.emit('closed');
    this.removeAllListeners();
  }
}

const noSuch = (what: string) => new ParleyError('not_found', `There is no such ${what} of yours.`);
