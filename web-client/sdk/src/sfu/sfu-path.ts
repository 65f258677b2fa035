import { ParleyError, type ProducerInfo } from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger, systemClock, type Timer } from '@parley/shared/runtime';
import { Attempt } from '../media/attempt.ts';
import type { IceConfiguration } from '../media/ice.ts';
import type { MediaPath, MediaPathEvents, Outgoing } from '../media/media-path.ts';
import { RemoteSource } from '../media/remote-source.ts';
import type { Carrier, SlotSource } from '../media/voice-source.ts';
import type { Mix } from '../playback/slots.ts';
import type { OpusOptions } from '../types.ts';
import { openSession } from './open-session.ts';
import type { SfuRequest, SfuSession } from './sfu-session.ts';

/** Waits between attempts to open a session, in ms; the last repeats. */
const RETRY_MS = [0, 300, 1_000, 2_000, 4_000];

export interface SfuPathOptions {
  epoch: number;
  producers: Iterable<ProducerInfo>;
  /** Producers of the speaker slots; none: the microphones themselves are consumed. */
  slots: Iterable<string>;
  selfId: string;
  ice: IceConfiguration;
  opus: Required<OpusOptions>;
  outgoing: Outgoing;
  /** Whether we may consume what the others send. */
  isListening: boolean;
  /** Whether packets ought to come: somebody else talks, as far as anyone knows. */
  isExpecting: () => boolean;
  request: SfuRequest;
  log: Logger;
  clock?: Clock;
  /** Stands in for the real one in tests. */
  openSession?: typeof openSession;
}

/** A room's media through the SFU. Opens a session, and a new one whenever that fails. */
export class SfuPath implements MediaPath {
  readonly kind = 'sfu';
  readonly epoch: number;
  readonly events: Emitter<MediaPathEvents>;
  readonly #options: SfuPathOptions;
  readonly #clock: Clock;
  /** Producer id -> participant: the others' microphones. */
  readonly #microphones = new Map<string, string>();
  /** Whose they are. */
  readonly #senders = new Set<string>();
  /** Producer ids of the speaker slots. While there are any, they are consumed and no microphone is. */
  #slots: Set<string>;
  /** By participant. */
  readonly #sources = new Map<string, RemoteSource>();
  /** By producer id. */
  readonly #slotSources = new Map<string, SlotSource>();
  /** Slots that are not played any more, but still consumed: the SFU keeps them for a while, in case they are needed again. */
  readonly #spareSlots = new Map<string, SlotSource>();
  #outgoing: Outgoing;
  #isListening: boolean;
  /** Nothing but a relay may be used, and none was found yet. */
  #lacksRelay = false;
  #session: SfuSession | null = null;
  #opening = false;
  #lostMeanwhile = false;
  #attempt = 0;
  #tried: Attempt | null = null;
  #retryTimer: Timer | undefined;
  #consuming: Promise<void> = Promise.resolve();
  #consumeQueued = false;
  #closed = false;

  constructor(options: SfuPathOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.epoch = options.epoch;
    this.#outgoing = options.outgoing;
    this.#isListening = options.isListening;
    this.events = new Emitter((error, event) => options.log.error('listener threw', { event, error }));
    this.#slots = new Set(options.slots);
    for (const producer of options.producers) this.#note(producer);
  }

  /** Begins to connect; apart from the constructor so that listeners are in place. */
  start(): void {
    void this.#open();
  }

  get carrier(): Carrier {
    return this.#slots.size > 0 ? 'slots' : 'direct';
  }

  get sendReady(): boolean {
    return this.#session?.sendReady ?? false;
  }

  get healthy(): boolean {
    return !this.#lacksRelay && (this.#session?.healthy ?? this.#attempt <= 1);
  }

  isConnectedTo(participantId: string): boolean {
    if (!this.#session) return false;
    // With nothing of theirs to consume, the receive transport need not even be connected.
    if (!this.#isListening || !this.#senders.has(participantId)) return true;
    const carried =
      this.carrier === 'slots'
        ? [...this.#slots].every((id) => this.#slotSources.has(id))
        : this.#sources.has(participantId);
    return carried && this.#session.receiveConnected;
  }

  mayLeaveOut(participantId: string): boolean {
    return this.carrier === 'slots' && this.#senders.has(participantId) && this.isConnectedTo(participantId);
  }

  setOutgoing(outgoing: Outgoing): void {
    this.#outgoing = outgoing;
    this.#session?.setOutgoing(outgoing);
  }

  iceChanged(): void {
    this.#session?.iceChanged();
  }

  /** Who may not listen any more loses their peer at the SFU, and opens another, which consumes nothing. */
  setListening(isListening: boolean): void {
    if (this.#isListening === isListening) return;
    this.#isListening = isListening;
    if (isListening) return this.#queueConsume();
    for (const participantId of [...this.#sources.keys()]) this.#drop(participantId);
    for (const producerId of [...this.#slotSources.keys()]) this.#dropSlot(producerId);
    this.reopen();
  }

  participantJoined(): void {}

  participantLeft(participantId: string): void {
    for (const [producerId, owner] of this.#microphones) if (owner === participantId) this.producerRemoved(producerId);
  }

  producerAdded(producer: ProducerInfo): void {
    this.#note(producer);
    this.#queueConsume();
  }

  producerRemoved(producerId: string): void {
    const participantId = this.#microphones.get(producerId);
    this.#microphones.delete(producerId);
    const stillSends = [...this.#microphones.values()].some((other) => other === participantId);
    if (participantId !== undefined && !stillSends) this.#senders.delete(participantId);
    this.#session?.removeProducer(producerId);
  }

  /** After a snapshot: these are the producers there are. */
  setProducers(producers: ProducerInfo[]): void {
    const present = new Set(producers.map((producer) => producer.producerId));
    for (const id of [...this.#microphones.keys()]) if (!present.has(id)) this.producerRemoved(id);
    for (const producer of producers) this.#note(producer);
    this.#queueConsume();
  }

  /** Voices come in these slots from now on; none: each by itself again. */
  setSlots(producerIds: Iterable<string>): void {
    const slots = new Set(producerIds);
    if (slots.size === this.#slots.size && [...slots].every((id) => this.#slots.has(id))) return;
    this.#slots = slots;
    if (slots.size > 0) this.#takeSpares();
    this.#queueConsume();
    this.events.emit('carrierChanged');
  }

  release(): void {
    if (this.carrier === 'slots') {
      for (const producerId of this.#microphones.keys()) this.#session?.removeProducer(producerId);
      for (const participantId of [...this.#sources.keys()]) this.#drop(participantId);
      // Of the slots before these, if there were none between that we heard of.
      for (const producerId of [...this.#slotSources.keys()]) {
        if (this.#slots.has(producerId)) continue;
        this.#session?.removeProducer(producerId);
        this.#dropSlot(producerId);
      }
    } else {
      for (const slot of [...this.#slotSources.values()]) {
        this.#spareSlots.set(slot.producerId, slot);
        this.#dropSlot(slot.producerId);
      }
    }
  }

  /** The SFU has lost our transports: opens others at once. */
  reopen(): void {
    if (this.#closed) return;
    // What is being opened may be lost already, or not: nobody knows.
    if (this.#opening) {
      this.#lostMeanwhile = true;
      return;
    }
    this.#attempt = 0;
    this.#clock.cancel(this.#retryTimer);
    if (this.#session) this.#discard(this.#session);
    else void this.#open();
  }

  signalingResumed(): void {
    if (!this.#session) return void this.#open();
    this.#session.signalingResumed();
    this.#queueConsume();
  }

  networkChanged(): void {
    if (!this.#session) return void this.#open();
    this.#session.networkChanged();
  }

  senders(): RTCRtpSender[] {
    return this.#session?.sender ? [this.#session.sender] : [];
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#tried?.settle('abandoned');
    this.#clock.cancel(this.#retryTimer);
    this.#session?.close();
    this.#session = null;
    this.#sources.clear();
    this.#slotSources.clear();
    this.events.removeAllListeners();
  }

  #note({ epoch, participantId, producerId }: ProducerInfo): void {
    if (epoch !== this.epoch || participantId === this.#options.selfId) return;
    this.#microphones.set(producerId, participantId);
    this.#senders.add(participantId);
  }

  async #open(): Promise<void> {
    if (this.#closed || this.#opening || this.#session) return;
    this.#opening = true;
    this.#attempt++;
    const tried = new Attempt(this.kind, (report) => this.events.emit('attempted', report), this.#clock);
    this.#tried = tried;
    this.#clock.cancel(this.#retryTimer);
    try {
      const { request, ice, opus, isExpecting, log, openSession: open = openSession } = this.#options;
      const { session, mix } = await open({
        request,
        ice,
        opus,
        outgoing: this.#outgoing,
        isExpecting: () => this.#isListening && isExpecting(),
        log,
        clock: this.#clock,
      });
      if (this.#closed) return session.close();
      session.setOutgoing(this.#outgoing);
      this.#adopt(session, mix);
      this.#attempt = 1;
    } catch (error) {
      tried.settle('refused');
      this.#options.log.warn('sfu session did not open', { error, attempt: this.#attempt });
      this.#retryLater(error instanceof ParleyError ? error.retryAfterMs : undefined);
    } finally {
      this.#opening = false;
    }
    if (!this.#lostMeanwhile) return;
    this.#lostMeanwhile = false;
    if (this.#session) this.reopen();
  }

  #retryLater(atLeastMs = 0): void {
    if (this.#closed) return;
    const wait = Math.max(atLeastMs, RETRY_MS[Math.min(this.#attempt, RETRY_MS.length - 1)] ?? 0);
    this.#retryTimer = this.#clock.after(wait, () => void this.#open());
    this.events.emit('stateChanged');
  }

  #adopt(session: SfuSession, mix: Mix): void {
    this.#session = session;
    // What the one before still waits for is nothing to wait for.
    this.#consuming = Promise.resolve();
    this.#consumeQueued = false;
    session.on('consumer', (participantId, consumer) => {
      const receiver = consumer.rtpReceiver;
      if (!receiver) return;
      if (participantId === null) this.#addSlot({ epoch: this.epoch, producerId: consumer.producerId, receiver, mix });
      else this.#addSource(new RemoteSource({ participantId, kind: this.kind, epoch: this.epoch, receiver }));
    });
    session.on('consumerEnded', (participantId, { producerId, rtpReceiver }) => {
      if (participantId === null) {
        if (this.#spareSlots.get(producerId)?.receiver === rtpReceiver) this.#spareSlots.delete(producerId);
        if (this.#slotSources.get(producerId)?.receiver === rtpReceiver) this.#dropSlot(producerId);
      } else if (this.#sources.get(participantId)?.receiver === rtpReceiver) this.#drop(participantId);
    });
    session.on('relayMissing', () => {
      this.#lacksRelay = true;
      this.events.emit('relayMissing');
    });
    session.on('stateChanged', () => {
      if (session.connected) {
        this.#lacksRelay = false;
        this.#tried?.settle('connected');
      }
      this.events.emit('stateChanged');
    });
    session.on('failed', () => {
      if (this.#session === session) this.#discard(session);
    });
    this.#queueConsume();
    this.events.emit('stateChanged');
  }

  /** Closes a session that is of no use any more, and opens another. Its sources stay until they are replaced. */
  #discard(session: SfuSession): void {
    this.#tried?.settle('failed');
    this.#session = null;
    this.#spareSlots.clear();
    session.close();
    this.#retryLater();
  }

  /** Everything wanted and not yet consumed, in one request; one round at a time. */
  #queueConsume(): void {
    const session = this.#session;
    if (!session || this.#consumeQueued || !this.#isListening) return;
    this.#consumeQueued = true;
    this.#consuming = this.#consuming.then(async () => {
      if (this.#session !== session) return;
      this.#consumeQueued = false;
      try {
        await session.consume([...(this.carrier === 'slots' ? this.#slots : this.#microphones.keys())]);
      } catch (error) {
        this.#options.log.warn('consume failed', { error });
        if (this.#session === session) this.#clock.after(1_000, () => this.#queueConsume());
      }
    });
  }

  #addSource(source: RemoteSource): void {
    this.#drop(source.participantId);
    this.#sources.set(source.participantId, source);
    this.events.emit('sourceAdded', source);
  }

  /** Slots again: the same as before go on, others are no more. */
  #takeSpares(): void {
    for (const [producerId, slot] of [...this.#spareSlots]) {
      if (this.#slots.has(producerId)) this.#addSlot(slot);
      else this.#session?.removeProducer(producerId);
    }
    this.#spareSlots.clear();
  }

  #addSlot(slot: SlotSource): void {
    this.#slotSources.set(slot.producerId, slot);
    this.events.emit('slotAdded', slot);
  }

  #dropSlot(producerId: string): void {
    const slot = this.#slotSources.get(producerId);
    if (!slot) return;
    this.#slotSources.delete(producerId);
    this.events.emit('slotRemoved', slot);
  }

  #drop(participantId: string): void {
    const source = this.#sources.get(participantId);
    if (!source) return;
    this.#sources.delete(participantId);
    this.events.emit('sourceRemoved', source);
  }
}
