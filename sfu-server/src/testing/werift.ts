import type { DtlsParameters, TransportParameters } from '@parley/shared/media';
import {
  IceCandidate,
  ProtectionProfileAeadAes128Gcm,
  ProtectionProfileAes128CmHmacSha1_80,
  RTCDtlsFingerprint,
  RTCDtlsParameters,
  RTCDtlsTransport,
  RTCIceGatherer,
  RTCIceTransport,
  type RtcpPacket,
  RtpHeader,
  type RtpPacket,
} from 'werift';
import type { TestPeer } from './media.ts';

/** TLS record type and alert of RFC 5246, 6.2.1 and 7.2: a warning that says close_notify. */
const ALERT = 21;
const CLOSE_NOTIFY = Buffer.from([1, 0]);

/** A client's end of one of the SFU's transports: real ICE, DTLS and SRTP, in JavaScript. */
export class MediaClient {
  readonly #ice: RTCIceTransport;
  readonly #dtls: RTCDtlsTransport;

  private constructor(ice: RTCIceTransport, dtls: RTCDtlsTransport) {
    this.#ice = ice;
    this.#dtls = dtls;
  }

  /**
   * Joins the transport.
   * @param connect tells the SFU this client's DTLS parameters (`peer:connect`), after ICE has connected.
   */
  static async join(
    transport: TransportParameters,
    connect: (dtlsParameters: DtlsParameters) => Promise<unknown>,
  ): Promise<MediaClient> {
    const ice = await connectIce(transport);
    const dtls = new RTCDtlsTransport({} as never, ice, await RTCDtlsTransport.SetupCertificate(), [
      ProtectionProfileAeadAes128Gcm,
      ProtectionProfileAes128CmHmacSha1_80,
    ]);
    dtls.role = 'client';
    dtls.setRemoteParams(
      new RTCDtlsParameters(
        transport.dtlsParameters.fingerprints.map(({ algorithm, value }) => new RTCDtlsFingerprint(algorithm, value)),
        'server',
      ),
    );
    const client = new MediaClient(ice, dtls);
    try {
      const handshake = dtls.start();
      const fingerprints = dtls.localParameters.fingerprints.map(({ algorithm, value }) => ({
        algorithm: algorithm as 'sha-256',
        value,
      }));
      await Promise.all([handshake, connect({ role: 'client', fingerprints })]);
    } catch (error) {
      await client.vanish();
      throw error;
    }
    return client;
  }

  onRtp(listener: (packet: RtpPacket) => void): void {
    this.#dtls.onRtp.subscribe(listener);
  }

  async sendRtp(header: Partial<RtpHeader>, payload: Buffer): Promise<void> {
    await this.#dtls.sendRtp(payload, new RtpHeader(header));
  }

  /** Sends SRTCP of whatever that is, as long as it has room for a header and an SSRC (8 bytes). */
  async sendRtcp(bytes: Buffer): Promise<void> {
    await this.#dtls.sendRtcp([{ serialize: () => bytes } as RtcpPacket]);
  }

  /** Sends a datagram as it is, along the path that ICE has found. */
  async sendDatagram(bytes: Buffer): Promise<void> {
    await this.#ice.connection.send(bytes);
  }

  /** Goes as a browser goes: with a close_notify, which werift itself does not send. */
  async leave(): Promise<void> {
    const socket = this.#dtls.dtls;
    if (socket) {
      const encrypt = socket.cipher.encryptPacket.bind(socket.cipher);
      socket.cipher.encryptPacket = (packet) => {
        packet.recordLayerHeader.contentType = ALERT;
        return encrypt(packet);
      };
      await socket.send(CLOSE_NOTIFY);
    }
    await this.vanish();
  }

  /** Goes without a word. */
  async vanish(): Promise<void> {
    await this.#ice.stop();
  }
}

async function connectIce({ iceParameters, iceCandidates }: TransportParameters): Promise<RTCIceTransport> {
  const gatherer = new RTCIceGatherer({ useIpv6: false, useTcp: false, additionalHostAddresses: ['127.0.0.1'] });
  const ice = new RTCIceTransport(gatherer);
  await ice.gather();
  // mediasoup is ICE lite: it only answers, so the client leads.
  ice.connection.iceControlling = true;
  ice.setRemoteParams({ ...iceParameters, iceLite: true });
  for (const { foundation, priority, address, port, protocol, type } of iceCandidates) {
    if (protocol !== 'udp') continue;
    await ice.addRemoteCandidate(new IceCandidate(1, foundation, address, port, priority, protocol, type));
  }
  await ice.addRemoteCandidate(undefined);
  await ice.start();
  return ice;
}

/** Joins both transports of a peer. */
export async function joinMedia(peer: TestPeer): Promise<{ send: MediaClient; receive: MediaClient }> {
  const join = (transport: TransportParameters) =>
    MediaClient.join(transport, (dtlsParameters) =>
      peer.link.request('peer:connect', { ...peer.of, transportId: transport.id, dtlsParameters }),
    );
  const [send, receive] = await Promise.all([join(peer.send), join(peer.receive)]);
  return { send, receive };
}
