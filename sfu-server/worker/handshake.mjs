/**
 * The proof itself, run as a process of its own (see prove.mjs): a real call.
 *
 * Two WebRTC clients join a router over ICE and DTLS, one sends Opus RTP, the
 * other has to receive it through the worker, decrypted and unchanged. The two
 * differ in SRTP cipher and in DTLS role, so both of each are proven.
 *
 * Nothing less will do: a worker whose DTLS crashes on every handshake starts,
 * answers its version and passes mediasoup's own Node tests.
 *
 * Takes the binary from MEDIASOUP_WORKER_BIN, like mediasoup.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createWorker } from 'mediasoup';
import {
  IceCandidate,
  ProtectionProfileAeadAes128Gcm,
  ProtectionProfileAes128CmHmacSha1_80,
  RTCDtlsFingerprint,
  RTCDtlsParameters,
  RTCDtlsTransport,
  RTCIceGatherer,
  RTCIceTransport,
  RtpHeader,
} from 'werift';

const LOOPBACK = '127.0.0.1';
const DEADLINE_MS = 20_000;

/** One Opus frame is 20 ms: 960 samples at 48 kHz. */
const FRAME_MS = 20;
const FRAME_SAMPLES = 960;
const PACKETS_WANTED = 10;

const SSRC = 0x70_61_72_6c;
const PAYLOAD_TYPE = 100;

/** @type {import("mediasoup/types").RtpCodecCapability} */
const OPUS = {
  kind: 'audio',
  mimeType: 'audio/opus',
  clockRate: 48000,
  channels: 2,
  preferredPayloadType: PAYLOAD_TYPE,
};

/** The last thing begun, for the message if it never ends. */
let step = 'starting the worker';

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {"client" | "server"} role its part in DTLS; the worker takes the other
 * @property {1 | 7} srtpProfile
 */

/** @type {Record<"speaker" | "listener", Peer>} */
const PEERS = {
  speaker: { name: 'speaker', role: 'client', srtpProfile: ProtectionProfileAes128CmHmacSha1_80 },
  listener: { name: 'listener', role: 'server', srtpProfile: ProtectionProfileAeadAes128Gcm },
};

/**
 * @param {Peer} peer
 * @param {import("mediasoup/types").Router} router
 * @param {import("mediasoup/types").WebRtcServer} webRtcServer
 */
async function connectPeer({ name, role, srtpProfile }, router, webRtcServer) {
  step = `connecting the ${name} over ICE`;
  const transport = await router.createWebRtcTransport({ webRtcServer });
  const ice = await connectIce(transport);
  const dtls = new RTCDtlsTransport({}, ice, await RTCDtlsTransport.SetupCertificate(), [srtpProfile]);

  dtls.role = role;
  dtls.setRemoteParams(
    new RTCDtlsParameters(
      transport.dtlsParameters.fingerprints.map(({ algorithm, value }) => new RTCDtlsFingerprint(algorithm, value)),
      role === 'client' ? 'server' : 'client',
    ),
  );

  step = `the DTLS handshake of the ${name}`;
  const handshake = dtls.start();

  await transport.connect({
    dtlsParameters: {
      role,
      fingerprints: dtls.localParameters.fingerprints.map(({ algorithm, value }) => ({
        algorithm: /** @type {import("mediasoup/types").FingerprintAlgorithm} */ (algorithm),
        value,
      })),
    },
  });

  await handshake;

  return { transport, dtls };
}

/** @param {import("mediasoup/types").WebRtcTransport} transport */
async function connectIce({ iceParameters, iceCandidates }) {
  const gatherer = new RTCIceGatherer({ useIpv6: false, useTcp: false, additionalHostAddresses: [LOOPBACK] });
  const ice = new RTCIceTransport(gatherer);

  await ice.gather();
  // mediasoup is ICE lite: it only answers, so the client leads.
  ice.connection.iceControlling = true;
  ice.setRemoteParams({ ...iceParameters, iceLite: true });

  for (const { foundation, priority, address, port, protocol, type } of iceCandidates) {
    await ice.addRemoteCandidate(new IceCandidate(1, foundation, address, port, priority, protocol, type));
  }
  await ice.addRemoteCandidate(undefined);
  await ice.start();

  return ice;
}

/**
 * @param {RTCDtlsTransport} dtls
 * @param {AbortSignal} signal
 */
async function speak(dtls, signal) {
  for (let n = 0; !signal.aborted; n++) {
    await dtls.sendRtp(
      payload(n),
      new RtpHeader({
        payloadType: PAYLOAD_TYPE,
        ssrc: SSRC,
        sequenceNumber: 1000 + n,
        timestamp: FRAME_SAMPLES * n,
        marker: n === 0,
      }),
    );
    await sleep(FRAME_MS);
  }
}

/** @param {number} n */
function payload(n) {
  return Buffer.from(`parley says packet ${n}`.padEnd(80, '.'));
}

/**
 * @param {RTCDtlsTransport} dtls
 * @param {number} ssrc
 * @returns {Promise<void>} when enough packets have arrived unchanged
 */
function hear(dtls, ssrc) {
  const wanted = new Set(Array.from({ length: 1000 }, (_, n) => payload(n).toString()));
  const heard = new Set();

  return new Promise((resolve, reject) => {
    dtls.onRtp.subscribe((packet) => {
      if (packet.header.ssrc !== ssrc) return;

      const text = packet.payload.toString();

      if (!wanted.has(text)) return reject(new Error(`a packet arrived changed: ${JSON.stringify(text)}`));
      if (heard.add(text).size >= PACKETS_WANTED) resolve();
    });
  });
}

async function call() {
  const worker = await createWorker({ logLevel: 'warn' });
  const died = new Promise((_, reject) => {
    worker.on('died', () => reject(new Error(`the worker died during ${step}`)));
  });

  died.catch(() => {});

  const talk = async () => {
    step = 'setting up a router';
    const webRtcServer = await worker.createWebRtcServer({ listenInfos: [{ protocol: 'udp', ip: LOOPBACK }] });
    const router = await worker.createRouter({ mediaCodecs: [OPUS] });
    const speaker = await connectPeer(PEERS.speaker, router, webRtcServer);
    const listener = await connectPeer(PEERS.listener, router, webRtcServer);

    step = 'forwarding RTP';
    const producer = await speaker.transport.produce({
      kind: 'audio',
      rtpParameters: {
        codecs: [{ mimeType: 'audio/opus', payloadType: PAYLOAD_TYPE, clockRate: 48000, channels: 2 }],
        encodings: [{ ssrc: SSRC }],
        rtcp: { cname: 'proof' },
      },
    });
    const consumer = await listener.transport.consume({
      producerId: producer.id,
      rtpCapabilities: router.rtpCapabilities,
      paused: true,
    });
    const ssrc = consumer.rtpParameters.encodings?.[0]?.ssrc;

    if (ssrc === undefined) throw new Error('the consumer has no SSRC');

    const enough = hear(listener.dtls, ssrc);
    const silence = new AbortController();

    await consumer.resume();
    const speaking = speak(speaker.dtls, silence.signal);

    await Promise.race([enough, speaking]).finally(() => silence.abort());
  };

  await Promise.race([talk(), died]);
  worker.close();
}

setTimeout(() => finish(new Error(`nothing happened for ${DEADLINE_MS / 1000} s while ${step}`)), DEADLINE_MS);

/** @param {Error} [error] */
function finish(error) {
  if (error) process.stderr.write(`${error.message}\n`);
  // werift keeps sockets and timers open; there is nothing left to wait for.
  process.exit(error ? 1 : 0);
}

call().then(
  () => finish(),
  (error) => finish(error instanceof Error ? error : new Error(String(error))),
);
