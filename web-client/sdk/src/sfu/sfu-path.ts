import { ParleyError, type ProducerInfo } from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger, systemClock, type Timer } from '@parley/shared/runtime';
import { Attempt } from '../media/attempt.ts';
import type { MediaPath, MediaPathEvents, Outgoing } from '../media/media-path.ts';
import { RemoteSource } from '../media/remote-source.ts';
import type { OpusOptions } from '../types.ts';
import { type SfuRequest, SfuSession } from './sfu-session.ts';

/** Waits between attempts to open a session, in ms; the last repeats. */
const RETRY_MS = [0, 300, 1_000, 2_000, 4_000];

export interface SfuPathOptions {
  epoch: number;
  producers: Iterable<ProducerInfo>;
  selfId: string;
  opus: Required<OpusOptions>;
  outgoing: Outgoing;
  /** Whether we may consume what the others send. */
  isListening: boolean;
  request: SfuRequest;
  log: Logger;
  clock?: Clock;
}

/** A room's media through the SFU. Opens a session, and a new one whenever that fails. */
export class SfuPath implements MediaPath {
  readonly kind = 'sfu';
  readonly epoch: number;
  readonly events: Emitter<MediaPathEvents>;
  readonly #options: SfuPathOptions;
  readonly #clock: Clock;
  /** Producer id -> participant: all we ought to hear. */
  readonly #wanted = new Map<string, string>();
  readonly #sources = new Map<string, RemoteSource>();
  #outgoing: Outgoing;
  #isListening: boolean;
  #session: SfuSession | null = null;
  #opening = false;
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
    for (const producer of options.producers) this.#want(producer);
  }

  /** Begins to connect; apart from the constructor so that listeners are in place. */
  start(): void {
    void this.#open();
  }

  get sendReady(): boolean {
    return this.#session?.sendReady ?? false;
  }

  get healthy(): boolean {
    return this.#session?.healthy ?? this.#attempt <= 1;
  }

  isConnectedTo(participantId: string): boolean {
    if (!this.#session) return false;
    // With nothing of theirs to consume, the receive transport need not even be connected.
    const produces = this.#isListening && [...this.#wanted.values()].includes(participantId);
    return !produces || (this.#sources.has(participantId) && this.#session.receiveConnected);
  }

  setOutgoing(outgoing: Outgoing): void {
    this.#outgoing = outgoing;
    this.#session?.setOutgoing(outgoing);
  }

  /** Who may not listen any more loses their peer at the SFU, and opens another, which consumes nothing. */
  setListening(isListening: boolean): void {
    if (this.#isListening === isListening) return;
    this.#isListening = isListening;
    if (isListening) return this.#queueConsume();
    for (const participantId of [...this.#sources.keys()]) this.#drop(participantId);
    this.#session?.close();
    this.#session = null;
    void this.#open();
  }

  participantJoined(): void {}

  participantLeft(participantId: string): void {
    for (const [producerId, owner] of this.#wanted) if (owner === participantId) this.producerRemoved(producerId);
  }

  producerAdded(producer: ProducerInfo): void {
    this.#want(producer);
    this.#queueConsume();
  }

  producerRemoved(producerId: string): void {
    this.#wanted.delete(producerId);
    this.#session?.removeProducer(producerId);
  }

  /** After a snapshot: these are the producers there are. */
  setProducers(producers: ProducerInfo[]): void {
    const present = new Set(producers.map((producer) => producer.producerId));
    for (const producerId of [...this.#wanted.keys()]) if (!present.has(producerId)) this.producerRemoved(producerId);
    for (const producer of producers) this.#want(producer);
    this.#queueConsume();
  }

  signalingResumed(): void {
    if (!this.#session) void this.#open();
    else this.#queueConsume();
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
    this.events.removeAllListeners();
  }

  #want({ epoch, participantId, producerId }: ProducerInfo): void {
    if (epoch === this.epoch && participantId !== this.#options.selfId) this.#wanted.set(producerId, participantId);
  }

  async #open(): Promise<void> {
    if (this.#closed || this.#opening || this.#session) return;
    this.#opening = true;
    this.#attempt++;
    const tried = new Attempt(this.kind, (report) => this.events.emit('attempted', report), this.#clock);
    this.#tried = tried;
    this.#clock.cancel(this.#retryTimer);
    try {
      const { request, opus, log } = this.#options;
      const session = await SfuSession.open({ request, opus, outgoing: this.#outgoing, log });
      if (this.#closed) return session.close();
      session.setOutgoing(this.#outgoing);
      this.#adopt(session);
      this.#attempt = 1;
    } catch (error) {
      tried.settle('refused');
      this.#options.log.warn('sfu session did not open', { error, attempt: this.#attempt });
      this.#retryLater(error instanceof ParleyError ? error.retryAfterMs : undefined);
    } finally {
      this.#opening = false;
    }
  }

  #retryLater(atLeastMs = 0): void {
    if (this.#closed) return;
    const wait = Math.max(atLeastMs, RETRY_MS[Math.min(this.#attempt, RETRY_MS.length - 1)] ?? 0);
    this.#retryTimer = this.#clock.after(wait, () => void this.#open());
    this.events.emit('stateChanged');
  }

  #adopt(session: SfuSession): void {
    this.#session = session;
    session.on('consumer', (participantId, consumer) => {
      const receiver = consumer.rtpReceiver;
      if (!receiver) return;
      const source = new RemoteSource({ participantId, kind: this.kind, epoch: this.epoch, receiver });
      this.#drop(participantId);
      this.#sources.set(participantId, source);
      this.events.emit('sourceAdded', source);
    });
    session.on('consumerEnded', (participantId, consumer) => {
      if (this.#sources.get(participantId)?.receiver === consumer.rtpReceiver) this.#drop(participantId);
    });
    session.on('stateChanged', () => {
      if (session.connected) this.#tried?.settle('connected');
      this.events.emit('stateChanged');
    });
    session.on('failed', () => {
      if (this.#session !== session) return;
      this.#tried?.settle('failed');
      // The sources of the failed session stay until the new one replaces them: some may still sound.
      this.#session = null;
      session.close();
      this.#retryLater();
    });
    this.#queueConsume();
    this.events.emit('stateChanged');
  }

  /** Everything wanted and not yet consumed, in one request; one round at a time. */
  #queueConsume(): void {
    if (this.#consumeQueued || !this.#isListening) return;
    this.#consumeQueued = true;
    this.#consuming = this.#consuming.then(async () => {
      this.#consumeQueued = false;
      const session = this.#session;
      if (!session) return;
      try {
        await session.consume([...this.#wanted.keys()]);
      } catch (error) {
        this.#options.log.warn('consume failed', { error });
        if (this.#session === session) this.#clock.after(1_000, () => this.#queueConsume());
      }
    });
  }

  #drop(participantId: string): void {
    const source = this.#sources.get(participantId);
    if (!source) return;
    this.#sources.delete(participantId);
    this.events.emit('sourceRemoved', source);
  }
}
