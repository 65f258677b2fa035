import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  DtlsClient,
  ProtectionProfileAeadAes128Gcm,
  RTCDtlsTransport,
  RtpHeader,
  RtpPacket,
  SrtpSession,
} from 'werift';
import { bindingRequest, bindingSuccess, type IceCredentials, isBindingRequest, isBindingSuccess } from './stun.ts';

/** Where the server's end of a transport is. */
export interface Remote extends IceCredentials {
  readonly address: string;
  readonly port: number;
}

/** What the server has to know of us; all clients of a process share a certificate. */
export interface Local extends IceCredentials {
  /** SHA-256 of the certificate, as in SDP. */
  readonly fingerprint: string;
}

type Certificate = Awaited<ReturnType<typeof RTCDtlsTransport.SetupCertificate>>;

/** The same for all that are compared. */
const PROFILE = ProtectionProfileAeadAes128Gcm;
const KEY_BYTES = 16;
const SALT_BYTES = 12;
const STUN_RETRY_MS = 200;
const CONNECT_DEADLINE_MS = 20_000;
/** Far below any consent time-out (RFC 7675). */
const CONSENT_EVERY_MS = 8_000;

let certificate: Promise<Certificate> | undefined;

export async function createLocal(): Promise<Local> {
  certificate ??= RTCDtlsTransport.SetupCertificate();
  const { raw } = new X509Certificate((await certificate).certPem);
  const hash = createHash('sha256').update(raw).digest('hex').toUpperCase();
  return {
    usernameFragment: randomBytes(4).toString('hex'),
    password: randomBytes(16).toString('hex'),
    fingerprint: (hash.match(/../g) ?? []).join(':'),
  };
}

/**
 * A client's end of a WebRTC transport, for load: ICE and DTLS are done once, with an ICE-lite server, and after that what
 * is received is handed on as it is, encrypted. An RTP header is not: number and timestamp can be read.
 */
export class MediaClient {
  readonly #socket: Socket;
  readonly #consent: NodeJS.Timeout;
  readonly #srtp: SrtpSession;

  private constructor(socket: Socket, srtp: SrtpSession, check: () => void) {
    this.#socket = socket;
    this.#srtp = srtp;
    this.#consent = setInterval(check, CONSENT_EVERY_MS);
  }

  static async connect(local: Local, remote: Remote, onRtp: (packet: Buffer) => void = () => {}): Promise<MediaClient> {
    const socket = createSocket('udp4');
    socket.bind(0);
    await once(socket, 'listening');
    socket.connect(remote.port, remote.address);
    await once(socket, 'connect');
    const check = () => socket.send(bindingRequest(local, remote));
    // RFC 7983: the first byte tells STUN, DTLS and RTP from one another.
    let onNominated = (): void => {};
    let onDtls = (_record: Buffer): void => {};
    socket.on('message', (datagram) => {
      const first = datagram[0] as number;
      if (first >= 128) onRtp(datagram);
      else if (first >= 20) onDtls(datagram);
      else if (isBindingRequest(datagram)) socket.send(bindingSuccess(datagram, local, remote));
      else if (isBindingSuccess(datagram)) onNominated();
    });
    socket.on('error', () => {});
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('a media client did not connect in time')), CONNECT_DEADLINE_MS);
    });
    try {
      const nominated = new Promise<void>((resolve) => {
        onNominated = resolve;
      });
      check();
      const retry = setInterval(check, STUN_RETRY_MS);
      await Promise.race([nominated, late]).finally(() => clearInterval(retry));
      const { cert, key, signatureHash } = await keys();
      const transport = {
        type: 'udp',
        address: socket.address(),
        closed: false,
        onData: (_data: Buffer) => {},
        send: async (data: Buffer) => socket.send(data),
        close: async () => {},
      };
      const dtls = new DtlsClient({
        transport: transport as never,
        srtpProfiles: [PROFILE],
        extendedMasterSecret: true,
        cert,
        key,
        signatureHash,
      });
      onDtls = (record) => transport.onData(record);
      const connected = new Promise<void>((resolve, reject) => {
        dtls.onConnect.once(resolve);
        dtls.onError.once(reject);
        dtls.connect().catch(reject);
      });
      await Promise.race([connected, late]);
      const { localKey, localSalt, remoteKey, remoteSalt } = dtls.extractSessionKeys(KEY_BYTES, SALT_BYTES);
      const srtp = new SrtpSession({
        profile: PROFILE,
        keys: {
          localMasterKey: localKey,
          localMasterSalt: localSalt,
          remoteMasterKey: remoteKey,
          remoteMasterSalt: remoteSalt,
        },
      });
      return new MediaClient(socket, srtp, check);
    } catch (error) {
      socket.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  sendRtp(header: Partial<RtpHeader>, payload: Buffer): void {
    this.#socket.send(this.#srtp.encrypt(payload, new RtpHeader(header)));
  }

  /** What a packet says inside. Costs much more than to receive it. */
  decrypt(packet: Buffer): Buffer {
    return RtpPacket.deSerialize(this.#srtp.decrypt(packet)).payload;
  }

  close(): void {
    clearInterval(this.#consent);
    this.#socket.close();
  }
}

async function keys() {
  certificate ??= RTCDtlsTransport.SetupCertificate();
  const { certPem, privateKey, signatureHash } = await certificate;
  return { cert: certPem, key: privateKey, signatureHash };
}
