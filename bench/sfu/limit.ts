import { createWorker, type types } from 'mediasoup';
import { dtlsOf, type Forwarder, opusRtp, remoteOf } from './side.ts';
import { cpuOf, rssOf } from './usage.ts';

const LISTEN: types.TransportListenInfo[] = (['udp', 'tcp'] as const).map((protocol) => ({
  protocol,
  ip: '127.0.0.1',
}));
const OPUS: types.RouterRtpCodecCapability = {
  kind: 'audio',
  mimeType: 'audio/opus',
  clockRate: 48_000,
  channels: 2,
  parameters: { useinbandfec: 1, usedtx: 1 },
};

/**
 * What forwarding can cost at the least with mediasoup: one worker, one router, a producer for each speaker and a consumer
 * of it for each listener, on transports as ours are, and no code around them. Its Node side is this very process, and
 * does nothing while packets are forwarded.
 */
export async function startLimit(): Promise<Forwarder> {
  // Read here: mediasoup itself has read it when it was loaded.
  const { MEDIASOUP_WORKER_BIN: workerBin } = process.env;
  const worker = await createWorker({ logLevel: 'none', ...(workerBin && { workerBin }) });
  const webRtcServer = await worker.createWebRtcServer({ listenInfos: LISTEN });
  const router = await worker.createRouter({ mediaCodecs: [OPUS] });
  const producers: types.Producer[] = [];
  const createTransport = () =>
    router.createWebRtcTransport({
      webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      initialAvailableOutgoingBitrate: 600_000,
    });
  return {
    name: 'limit',
    async openSpeaker(local, ssrc) {
      const transport = await createTransport();
      await transport.connect({ dtlsParameters: dtlsOf(local) });
      producers.push(await transport.produce({ kind: 'audio', rtpParameters: opusRtp(ssrc) as types.RtpParameters }));
      return remoteOf(transport);
    },
    async openListener(local) {
      const transport = await createTransport();
      await transport.connect({ dtlsParameters: dtlsOf(local) });
      const { rtpCapabilities } = router;
      // As ours: packets are kept for a while, for listeners who ask for them again. That is a tenth of what one costs.
      const asOurs = { rtpCapabilities, enableRtx: true };
      await Promise.all(producers.map(({ id }) => transport.consume({ producerId: id, ...asOurs })));
      return remoteOf(transport);
    },
    cpu() {
      const us = cpuOf(worker.pid);
      return { forwarding: us, all: us };
    },
    rss: () => rssOf(worker.pid),
    async close() {
      worker.close();
    },
  };
}
