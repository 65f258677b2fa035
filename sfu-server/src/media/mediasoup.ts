import type {
  DtlsParameters,
  IceParameters,
  RtpCapabilities,
  RtpParameters,
  TransportParameters,
} from '@parley/shared/media';
import type { types } from 'mediasoup';
import { refusing, type WorkerCall } from './call.ts';
import type { MediaConsumer, MediaCounts, MediaProducer, MediaRouter, MediaTransport, TransportEnd } from './ports.ts';

/** Opus in stereo, with in-band FEC against loss and DTX so that silence costs next to nothing. */
const OPUS: types.RouterRtpCodecCapability = {
  kind: 'audio',
  mimeType: 'audio/opus',
  clockRate: 48_000,
  channels: 2,
  parameters: { useinbandfec: 1, usedtx: 1 },
};

/** Bits a second a transport may send before the estimator knows better: some ten Opus streams. */
const INITIAL_OUTGOING_BITRATE = 600_000;

/** What every adapter of one worker shares. */
export interface MediasoupContext {
  call: WorkerCall;
  counts: MediaCounts;
  webRtcServer: types.WebRtcServer;
  /** Seconds. */
  iceConsentTimeout: number;
}

/** Counts an object until mediasoup says it is closed, by whichever way. */
function count(
  context: MediasoupContext,
  kind: keyof MediaCounts,
  object: { observer: { once(event: 'close', listener: () => void): unknown } },
): void {
  context.counts[kind]++;
  object.observer.once('close', () => {
    context.counts[kind]--;
  });
}

export async function createMediasoupRouter(worker: types.Worker, context: MediasoupContext): Promise<MediaRouter> {
  const made = worker.createRouter({ mediaCodecs: [OPUS] }).then((router) => {
    count(context, 'routers', router);
    return router;
  });
  return new MediasoupRouter(await context.call('createRouter', made, (late) => late.close()), context);
}

class MediasoupRouter implements MediaRouter {
  readonly #router: types.Router;
  readonly #context: MediasoupContext;

  constructor(router: types.Router, context: MediasoupContext) {
    this.#router = router;
    this.#context = context;
  }

  get rtpCapabilities(): RtpCapabilities {
    // Its one codec is Opus (above), which is all the narrower type says.
    return this.#router.rtpCapabilities as RtpCapabilities;
  }

  canConsume(producerId: string, rtpCapabilities: RtpCapabilities): boolean {
    return this.#router.canConsume({ producerId, rtpCapabilities: rtpCapabilities as types.RtpCapabilities });
  }

  async createTransport(): Promise<MediaTransport> {
    const context = this.#context;
    const made = this.#router
      .createWebRtcTransport({
        webRtcServer: context.webRtcServer,
        enableUdp: true,
        enableTcp: true,
        preferUdp: true,
        initialAvailableOutgoingBitrate: INITIAL_OUTGOING_BITRATE,
        iceConsentTimeout: context.iceConsentTimeout,
      })
      .then((transport) => {
        count(context, 'transports', transport);
        return transport;
      });
    const transport = await context.call('createWebRtcTransport', made, (late) => late.close());
    return new MediasoupTransport(transport, context);
  }

  close(): void {
    this.#router.close();
  }
}

class MediasoupTransport implements MediaTransport {
  readonly #transport: types.WebRtcTransport;
  readonly #context: MediasoupContext;
  readonly parameters: TransportParameters;

  constructor(transport: types.WebRtcTransport, context: MediasoupContext) {
    this.#transport = transport;
    this.#context = context;
    const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
    this.parameters = { id, iceParameters, iceCandidates, dtlsParameters };
  }

  get id(): string {
    return this.#transport.id;
  }

  get closed(): boolean {
    return this.#transport.closed;
  }

  connect(dtlsParameters: DtlsParameters): Promise<void> {
    return refusing(
      'dtlsParameters',
      this.#context.call('connect', this.#transport.connect({ dtlsParameters: { ...dtlsParameters } })),
    );
  }

  restartIce(): Promise<IceParameters> {
    return this.#context.call('restartIce', this.#transport.restartIce());
  }

  async produce(options: { rtpParameters: RtpParameters; paused: boolean }): Promise<MediaProducer> {
    // Header extensions mediasoup does not know are plain strings to us, and refused by it.
    const rtpParameters = options.rtpParameters as types.RtpParameters;
    const made = this.#transport.produce({ kind: 'audio', rtpParameters, paused: options.paused }).then((producer) => {
      count(this.#context, 'producers', producer);
      return producer;
    });
    const producer = await refusing(
      'rtpParameters',
      this.#context.call('produce', made, (late) => late.close()),
    );
    return new MediasoupProducer(producer, this.#context);
  }

  async consume(options: { producerId: string; rtpCapabilities: RtpCapabilities }): Promise<MediaConsumer> {
    // Paused: RTP that comes before the client has set its answer can bind to the wrong m-section.
    const rtpCapabilities = options.rtpCapabilities as types.RtpCapabilities;
    const { producerId } = options;
    const made = this.#transport.consume({ producerId, rtpCapabilities, paused: true }).then((consumer) => {
      count(this.#context, 'consumers', consumer);
      return consumer;
    });
    const consumer = await refusing(
      'rtpCapabilities',
      this.#context.call('consume', made, (late) => late.close()),
    );
    return new MediasoupConsumer(consumer, this.#context);
  }

  onEnded(listener: (why: TransportEnd) => void): void {
    // mediasoup leaves the transport open when its client closes DTLS, and DTLS does not come back on it.
    // ICE 'disconnected' is not the end: a client may come back by itself, or by an ICE restart, much later.
    this.#transport.on('dtlsstatechange', (state) => {
      if (state === 'closed') listener('dtls_closed');
      else if (state === 'failed') listener('dtls_failed');
    });
  }

  close(): void {
    this.#transport.close();
  }
}

class MediasoupProducer implements MediaProducer {
  readonly #producer: types.Producer;
  readonly #context: MediasoupContext;

  constructor(producer: types.Producer, context: MediasoupContext) {
    this.#producer = producer;
    this.#context = context;
  }

  get id(): string {
    return this.#producer.id;
  }

  get closed(): boolean {
    return this.#producer.closed;
  }

  get paused(): boolean {
    return this.#producer.paused;
  }

  pause(): Promise<void> {
    return this.#context.call('pauseProducer', this.#producer.pause());
  }

  resume(): Promise<void> {
    return this.#context.call('resumeProducer', this.#producer.resume());
  }

  close(): void {
    this.#producer.close();
  }
}

class MediasoupConsumer implements MediaConsumer {
  readonly #consumer: types.Consumer;
  readonly #context: MediasoupContext;

  constructor(consumer: types.Consumer, context: MediasoupContext) {
    this.#consumer = consumer;
    this.#context = context;
  }

  get id(): string {
    return this.#consumer.id;
  }

  get producerId(): string {
    return this.#consumer.producerId;
  }

  get rtpParameters(): RtpParameters {
    return this.#consumer.rtpParameters as RtpParameters;
  }

  get closed(): boolean {
    return this.#consumer.closed;
  }

  get paused(): boolean {
    return this.#consumer.paused;
  }

  resume(): Promise<void> {
    return this.#context.call('resumeConsumer', this.#consumer.resume());
  }

  onProducerClosed(listener: () => void): void {
    this.#consumer.once('producerclose', listener);
  }

  close(): void {
    this.#consumer.close();
  }
}
