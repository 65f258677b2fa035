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
import type { MediaProducer, MediaRouter, MediaTransport } from '../media/ports.ts';
import type { Hold } from '../pipes/pipes.ts';
import { Consumers } from './consumers.ts';
import type { PeerEvents, RoomPeer } from './room-peer.ts';

/** What a peer asks of the room it is in, at its place there. */
export interface PeerRoom {
  /** The one its transports are made on. */
  readonly router: MediaRouter;
  /** Whose producer that is, null for the room's own; undefined if there is none of that id in the room. */
  ownerOf(producerId: string): string | null | undefined;
  /** Has a producer of the room on that router. */
  hold(producerId: string): Promise<Hold>;
}

/** A peer on this node. */
export class Peer extends Emitter<PeerEvents> implements RoomPeer {
  readonly id: string;
  readonly #room: PeerRoom;
  readonly #log: Logger;
  readonly #connected = new Set<MediaTransport>();
  #transports: { send: MediaTransport; receive: MediaTransport } | undefined;
  #consumers: Consumers | undefined;
  #producer: MediaProducer | undefined;
  /** The last produce, to be waited for by the next: they must not overtake each other. */
  #producing: Promise<unknown> = Promise.resolve();
  #listening = false;
  #closed = false;

  constructor(id: string, room: PeerRoom, log: Logger) {
    super((error, event) => log.error('a listener threw', { event, error }));
    this.id = id;
    this.#room = room;
    this.#log = log;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get producerIds(): string[] {
    return this.#producer ? [this.#producer.id] : [];
  }

  get consumerCount(): number {
    return this.#consumers?.size ?? 0;
  }

  async open(): Promise<{ send: TransportParameters; receive: TransportParameters }> {
    const { router } = this.#room;
    const made = await Promise.allSettled([router.createTransport(), router.createTransport()]);
    const [send, receive] = made;
    if (this.#closed || send.status === 'rejected' || receive.status === 'rejected') {
      for (const result of made) if (result.status === 'fulfilled') result.value.close();
      if (this.#closed) throw closedMeanwhile();
      this.close();
      throw send.status === 'rejected' ? send.reason : (receive as PromiseRejectedResult).reason;
    }
    this.#transports = { send: send.value, receive: receive.value };
    const hold = (producerId: string) => this.#room.hold(producerId);
    this.#consumers = new Consumers({ transport: receive.value, router, hold });
    for (const transport of [send.value, receive.value]) {
      transport.onEnded((why) => this.#handleEnded(transport, why));
    }
    return { send: send.value.parameters, receive: receive.value.parameters };
  }

  async connect(transportId: string, dtlsParameters: DtlsParameters): Promise<void> {
    const transport = this.#transport(transportId);
    if (this.#connected.has(transport)) throw new ParleyError('conflict', 'The transport is connected already.');
    this.#connected.add(transport);
    try {
      await transport.connect(dtlsParameters);
    } catch (error) {
      // Refused, it may be tried again; unanswered, the worker may yet have done it.
      if (error instanceof ParleyError && error.code === 'invalid_request') this.#connected.delete(transport);
      throw error;
    }
  }

  restartIce(transportId: string): Promise<IceParameters> {
    return this.#transport(transportId).restartIce();
  }

  async produce(transportId: string, rtpParameters: RtpParameters, paused: boolean): Promise<string> {
    const transport = this.#transport(transportId);
    if (transport !== this.#transports?.send) {
      throw new ParleyError('conflict', 'The receive transport does not send.', { path: 'transportId' });
    }
    const producing = this.#producing.then(() => this.#produce(transport, rtpParameters, paused));
    this.#producing = producing.catch(() => {});
    return producing;
  }

  async #produce(transport: MediaTransport, rtpParameters: RtpParameters, paused: boolean): Promise<string> {
    this.#assertOpen(transport);
    const producer = await transport.produce({ rtpParameters, paused }).catch((error: unknown) => {
      // The earlier producer may be what stands in the way: the same SSRC or mid cannot be there twice.
      if (!this.#producer || error instanceof ParleyError) throw error;
      this.#closeProducer(this.#producer, false);
      return transport.produce({ rtpParameters, paused });
    });
    if (this.#closed || transport.closed) {
      producer.close();
      throw closedMeanwhile();
    }
    if (this.#producer) this.#closeProducer(this.#producer, false);
    this.#producer = producer;
    this.emit('produced', producer.id, producer.paused);
    return producer.id;
  }

  async pauseProducer(producerId: string, paused: boolean): Promise<void> {
    const producer = this.#ownProducer(producerId);
    try {
      await (paused ? producer.pause() : producer.resume());
      if (!producer.closed) this.emit('producerPaused', producerId, producer.paused);
    } catch (error) {
      if (producer.closed) throw noSuch('producer');
      throw error;
    }
  }

  closeProducer(producerId: string): void {
    this.#closeProducer(this.#ownProducer(producerId), false);
  }

  async consume(producerIds: readonly string[], rtpCapabilities: RtpCapabilities): Promise<ConsumerParameters[]> {
    const consumers = this.#openConsumers();
    const made = await Promise.all(
      [...new Set(producerIds)].map(async (producerId): Promise<ConsumerParameters | undefined> => {
        const owner = this.#room.ownerOf(producerId);
        if (owner === undefined || owner === this.id) return undefined;
        const consumer = await consumers.consume(producerId, rtpCapabilities);
        // It may have closed while the worker made the consumer.
        if (!consumer) return undefined;
        if (this.#room.ownerOf(producerId) === undefined) {
          consumers.drop((id) => id === producerId);
          return undefined;
        }
        return { consumerId: consumer.id, producerId, participantId: owner, rtpParameters: consumer.rtpParameters };
      }),
    );
    if (this.#closed) throw closedMeanwhile();
    return made.filter((one) => one !== undefined);
  }

  async resumeConsumers(consumerIds: readonly string[]): Promise<void> {
    await this.#openConsumers().resume(consumerIds);
    if (this.#listening || this.#closed) return;
    this.#listening = true;
    this.emit('listening');
  }

  async withhold(producerId: string, withheld: boolean): Promise<void> {
    await this.#consumers?.withhold(producerId, withheld);
  }

  drop(producerIds: readonly string[]): void {
    this.#consumers?.drop((producerId) => producerIds.includes(producerId));
  }

  dropInaudible(): void {
    this.#consumers?.drop((producerId) => this.#room.ownerOf(producerId) === undefined);
  }

  close(): void {
    if (this.#closed) return;
    this.#end();
    this.#transports?.send.close();
    this.#transports?.receive.close();
  }

  /** The router is gone, and with it all that was on it. */
  routerClosed(): void {
    if (!this.#closed) this.#end();
  }

  #end(): void {
    this.#closed = true;
    this.#consumers?.clear();
    const producer = this.#producer;
    this.#producer = undefined;
    if (producer) this.emit('producerClosed', producer.id, false);
    this.emit('closed');
    this.removeAllListeners();
  }

  #handleEnded(transport: MediaTransport, why: string): void {
    if (this.#closed || transport.closed) return;
    this.#log.info('transport ended', { transport: transport.id, why });
    transport.close();
    if (transport === this.#transports?.receive) this.#consumers?.clear();
    else if (this.#producer) this.#closeProducer(this.#producer, true);
  }

  #closeProducer(producer: MediaProducer, byItself: boolean): void {
    producer.close();
    if (this.#producer !== producer) return;
    this.#producer = undefined;
    this.emit('producerClosed', producer.id, byItself);
  }

  #transport(transportId: string): MediaTransport {
    if (this.#closed) throw noSuch('peer');
    const { send, receive } = this.#transports ?? {};
    const transport = [send, receive].find((one) => one?.id === transportId);
    if (!transport) throw noSuch('transport');
    this.#assertOpen(transport);
    return transport;
  }

  #assertOpen(transport: MediaTransport): void {
    if (this.#closed) throw closedMeanwhile();
    if (transport.closed) throw new ParleyError('conflict', 'The transport is closed; open the peer again.');
  }

  #ownProducer(producerId: string): MediaProducer {
    if (this.#producer?.id !== producerId) throw noSuch('producer');
    return this.#producer;
  }

  #openConsumers(): Consumers {
    if (this.#closed) throw noSuch('peer');
    if (!this.#consumers) throw new ParleyError('conflict', 'The peer is not open yet.');
    return this.#consumers;
  }
}

const noSuch = (what: string) => new ParleyError('not_found', `There is no such ${what} of yours.`);
const closedMeanwhile = () => new ParleyError('not_found', 'The peer was closed meanwhile.');
