import { randomBytes } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import { pause, until } from './until.ts';

/** As much of the protocol (docs/protocol.md) as a client without media needs. */
interface Topology {
  readonly active: { readonly kind: 'mesh' | 'sfu'; readonly epoch: number };
  readonly next: { readonly kind: 'mesh' | 'sfu'; readonly epoch: number } | null;
}
interface Snapshot {
  readonly topology: Topology;
  readonly producers: readonly {
    readonly epoch: number;
    readonly participantId: string;
    readonly producerId: string;
  }[];
}
type Ack = { ok: true; data: unknown } | { ok: false; error: { code: string; message: string; retryable: boolean } };

const ACK_DEADLINE_MS = 15_000;
const RETRY_MS = 200;
/** What a leak test may meet: the room moved on, or the other one left, while a request was on its way. */
const PASSED_BY = new Set(['stale_epoch', 'not_found', 'conflict', 'participant_not_found', 'sfu_unavailable']);

/** A failed request, with the protocol's code. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: string;
  readonly retryable: boolean;

  constructor(request: string, error: { code: string; message: string; retryable: boolean }) {
    super(`${request}: ${error.message} (${error.code})`);
    this.code = error.code;
    this.retryable = error.retryable;
  }
}

/** A client that speaks the protocol itself, without a browser: for hundreds of joins in a few seconds. */
export class WireClient {
  readonly #socket: Socket;
  #room = '';
  #selfId = '';
  #topology: Topology | undefined;
  #producers: Snapshot['producers'] = [];
  /** STUN and TURN servers, as the last answer to a join had them. */
  iceServers: readonly object[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('room:event', ({ event }: { event: { type: string; topology?: Topology } }) => {
      if (event.type === 'topologyChanged') this.#topology = event.topology;
    });
  }

  static async connect(url: string): Promise<WireClient> {
    const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, auth: { versions: [3] } });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('connect_error', reject);
      });
      return new WireClient(socket);
    } catch (error) {
      socket.disconnect();
      throw error;
    }
  }

  get topology(): Topology {
    if (!this.#topology) throw new Error('not in a room');
    return this.#topology;
  }

  async join(room: string, name: string): Promise<void> {
    this.#room = room;
    const joinId = randomBytes(12).toString('hex');
    const input = { name, muted: false, deafened: false, joinId };
    const { selfId, snapshot, iceServers } = await this.#ask<{
      selfId: string;
      snapshot: Snapshot;
      iceServers: readonly object[];
    }>('room:join', input);
    this.#selfId = selfId;
    this.iceServers = iceServers;
    this.#topology ??= snapshot.topology;
    this.#producers = snapshot.producers;
  }

  get selfId(): string {
    return this.#selfId;
  }

  /** Their own mute, which is all they show of themselves. */
  async setMuted(muted: boolean): Promise<void> {
    await this.#ask('self:update', { muted, deafened: false });
  }

  /** Moves a room, in which they are alone, to the SFU. */
  async promote(): Promise<void> {
    const { epoch } = this.topology.active;
    await this.#ask('room:requestSfu', { epoch, reason: 'weak_uplink' });
    await until('the room is promoting', () => (this.topology.next ? null : JSON.stringify(this.topology)));
    await this.#ask('room:ready', { epoch: this.topology.next?.epoch });
    await until('the room is on the SFU', () => (this.topology.next ? JSON.stringify(this.topology) : null));
  }

  /** Opens transports on the SFU path there is, sends, and consumes what others send. */
  async sendAndReceive(): Promise<{ produced: number; consumed: number }> {
    const counts = { produced: 0, consumed: 0 };
    const path = this.topology.next ?? this.topology.active;
    if (path.kind !== 'sfu') return counts;
    const { epoch } = path;
    try {
      const { send, receive, routerRtpCapabilities } = await this.#ask<{
        send: { id: string };
        receive: { id: string };
        routerRtpCapabilities: unknown;
      }>('sfu:open', { epoch });
      for (const { id } of [send, receive]) {
        await this.#ask('sfu:connect', { epoch, transportId: id, dtlsParameters: inventedDtls() });
      }
      await this.#ask('sfu:produce', { epoch, transportId: send.id, paused: false, rtpParameters: opusParameters() });
      counts.produced = 1;
      const { producers } = await this.#ask<Snapshot>('room:snapshot', {});
      this.#producers = producers;
      const producerIds = this.#producers
        .filter((producer) => producer.epoch === epoch && producer.participantId !== this.#selfId)
        .map(({ producerId }) => producerId);
      if (producerIds.length === 0) return counts;
      const { consumers } = await this.#ask<{ consumers: { consumerId: string }[] }>('sfu:consume', {
        epoch,
        producerIds,
        rtpCapabilities: routerRtpCapabilities,
      });
      counts.consumed = consumers.length;
      if (consumers.length > 0) {
        await this.#ask('sfu:resumeConsumers', { epoch, consumerIds: consumers.map(({ consumerId }) => consumerId) });
      }
      await this.#ask('room:ready', { epoch });
    } catch (error) {
      if (!(error instanceof RequestError && PASSED_BY.has(error.code))) throw error;
    }
    return counts;
  }

  leave(): Promise<unknown> {
    return this.#ask('room:leave', {});
  }

  /** Ends the connection without a word. */
  close(): void {
    this.#socket.disconnect();
  }

  /** As clients do, it asks again while the servers cannot reach their store: a busy machine may be that late. */
  async #ask<T>(request: string, input: object): Promise<T> {
    const deadline = performance.now() + ACK_DEADLINE_MS;
    for (;;) {
      if (!this.#socket.connected)
        throw new RequestError(request, { code: 'connection_lost', message: 'cut off', retryable: true });
      const left = Math.max(1, deadline - performance.now());
      const ack: Ack = await this.#socket.timeout(left).emitWithAck(request, { roomId: this.#room, ...input });
      if (ack.ok) return ack.data as T;
      const isLast = performance.now() + RETRY_MS >= deadline;
      if (ack.error.code !== 'store_unavailable' || isLast) throw new RequestError(request, ack.error);
      await pause(RETRY_MS);
    }
  }
}

/** A well-formed fingerprint of a certificate nobody has: the handshake never happens. */
function inventedDtls() {
  const value = (randomBytes(32).toString('hex').match(/../g) ?? []).join(':').toUpperCase();
  return { role: 'client', fingerprints: [{ algorithm: 'sha-256', value }] };
}

function opusParameters() {
  return {
    mid: '0',
    codecs: [
      {
        mimeType: 'audio/opus',
        payloadType: 111,
        clockRate: 48_000,
        channels: 2,
        parameters: { useinbandfec: 1, usedtx: 1 },
        rtcpFeedback: [],
      },
    ],
    headerExtensions: [],
    encodings: [{ ssrc: randomBytes(4).readUInt32BE(), dtx: true }],
    rtcp: { cname: randomBytes(6).toString('hex'), reducedSize: true },
  };
}
