import type { RtpCapabilities } from '@parley/shared/media';
import type { types } from 'mediasoup';
import type {
  LevelOptions,
  MediaDirect,
  MediaLevels,
  MediaPipe,
  MediaRouter,
  MediaTransport,
  PipeListen,
} from '../ports.ts';
import { keptBy, type MediasoupContext, make } from './context.ts';
import { MediasoupDirect } from './direct.ts';
import { MediasoupLevels } from './levels.ts';
import { MediasoupPipe } from './pipe.ts';
import { MediasoupTransport } from './transport.ts';

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

export async function createMediasoupRouter(worker: types.Worker, context: MediasoupContext): Promise<MediaRouter> {
  const making = worker.createRouter({ mediaCodecs: [OPUS] });
  return new MediasoupRouter(await make(context, 'routers', 'createRouter', making), context);
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
    const making = this.#router.createWebRtcTransport({
      webRtcServer: context.webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      initialAvailableOutgoingBitrate: INITIAL_OUTGOING_BITRATE,
      iceConsentTimeout: context.iceConsentTimeout,
    });
    const transport = await make(context, 'transports', 'createWebRtcTransport', making);
    // mediasoup's WebRtcServer forgets a transport that is closed, but keeps one whose router is closed for ever (3.27.1).
    transport.once('routerclose', () => keptBy(context.webRtcServer).delete(transport.id));
    return new MediasoupTransport(transport, context);
  }

  async createPipe({ ip, announcedAddress, portRange, lossy }: PipeListen): Promise<MediaPipe> {
    const making = this.#router.createPipeTransport({
      listenInfo: {
        protocol: 'udp',
        ip,
        ...(announcedAddress && { announcedAddress }),
        ...(portRange && { portRange }),
      },
      enableSrtp: true,
      enableSctp: false,
      enableRtx: lossy,
    });
    return new MediasoupPipe(await make(this.#context, 'pipes', 'createPipeTransport', making), this.#context);
  }

  async createDirect(): Promise<MediaDirect> {
    const making = this.#router.createDirectTransport();
    const transport = await make(this.#context, 'directs', 'createDirectTransport', making);
    return new MediasoupDirect(transport, this.#router.rtpCapabilities, this.#context);
  }

  async createLevels({ intervalMs, maxEntries, thresholdDb }: LevelOptions): Promise<MediaLevels> {
    const making = this.#router.createAudioLevelObserver({ interval: intervalMs, maxEntries, threshold: thresholdDb });
    return new MediasoupLevels(await make(this.#context, 'levels', 'createLevels', making), this.#context);
  }

  close(): void {
    this.#router.close();
  }
}
