import { ParleyError, type RequestInput, type RequestName, type RequestOutput } from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger, systemClock, type Timer } from '@parley/shared/runtime';
import { BitrateControl } from '../media/bitrate-control.ts';
import { FlowWatch, packetsReceived } from '../media/flow-watch.ts';
import type { IceConfiguration } from '../media/ice.ts';
import { Ladder, type LadderTimes } from '../media/ladder.ts';
import type { Outgoing } from '../media/media-path.ts';
import type { OpusOptions } from '../types.ts';
import { deviceFor, type types } from './device.ts';

/** Producers consumed in one request; the protocol allows 256. */
const CONSUME_BATCH = 64;
const RESUME_RETRY_MS = 1_000;
/** By then a TURN server has answered, or is given up (browsers try UDP for 9.5 s), in ms. */
const RELAY_MS = 12_000;
/**
 * ICE is `disconnected` after some 5 s without an answer. A restart takes two round trips to signaling and one to the SFU;
 * on a machine with much else to do a first connection may take long.
 */
const TIMES: LadderTimes = {
  connectMs: [15_000],
  graceMs: 2_000,
  changedGraceMs: 200,
  restartMs: [4_000, 6_000],
};

type SfuRequestName = Extract<RequestName, `sfu:${string}`>;
export type SfuRequest = <R extends SfuRequestName>(
  name: R,
  input: Omit<RequestInput<R>, 'roomId' | 'epoch'>,
) => Promise<RequestOutput<R>>;

type SfuSessionEvents = {
  /** Of a microphone, or (null) of a speaker slot. */
  consumer: [participantId: string | null, consumer: types.Consumer];
  consumerEnded: [participantId: string | null, consumer: types.Consumer];
  stateChanged: [];
  /** Nothing but a relay may be used, and none was found. */
  relayMissing: [];
  /** Beyond mending: open a new session. */
  failed: [];
};

export interface SfuSessionOptions {
  request: SfuRequest;
  ice: IceConfiguration;
  opus: Required<OpusOptions>;
  outgoing: Outgoing;
  /** Whether packets ought to come: somebody else talks, as far as anyone knows. */
  isExpecting: () => boolean;
  log: Logger;
  clock?: Clock;
}

/** One stay on an SFU: a send and a receive transport, our producer, our consumers. Replaced when it fails. */
export class SfuSession extends Emitter<SfuSessionEvents> {
  readonly #options: SfuSessionOptions;
  readonly #device: types.Device;
  readonly #send: types.Transport;
  readonly #receive: types.Transport;
  readonly #consumers = new Map<string, { participantId: string | null; consumer: types.Consumer }>();
  /** Consumers the SFU still holds paused. */
  readonly #paused = new Set<string>();
  /** Until when a relay has to be found. */
  readonly #relayTimers = new Map<types.Transport, Timer>();
  readonly #ladders = new Map<types.Transport, Ladder>();
  readonly #flow: FlowWatch;
  readonly #bitrate: BitrateControl;
  #outgoing: Outgoing;
  #producer: types.Producer | null = null;
  #outgoingSteps: Promise<void> = Promise.resolve();
  #resuming: Promise<void> = Promise.resolve();
  #closed = false;

  /** Begins a session with what the SFU has opened. */
  static async begin(options: SfuSessionOptions, opened: RequestOutput<'sfu:open'>): Promise<SfuSession> {
    return new SfuSession(options, await deviceFor(opened.routerRtpCapabilities), opened);
  }

  private constructor(options: SfuSessionOptions, device: types.Device, opened: RequestOutput<'sfu:open'>) {
    super((error, event) => options.log.error('listener threw', { event, error }));
    this.#options = options;
    this.#device = device;
    this.#outgoing = options.outgoing;
    this.#send = device.createSendTransport({ ...(opened.send as types.TransportOptions), ...options.ice });
    this.#receive = device.createRecvTransport({ ...(opened.receive as types.TransportOptions), ...options.ice });
    this.#prepare(this.#send, 'send');
    this.#prepare(this.#receive, 'receive');
    const { minBitrate: min, maxBitrate: max } = options.opus;
    this.#bitrate = new BitrateControl({
      bounds: { min, max },
      sender: () => this.sender,
      log: options.log,
      clock: options.clock ?? systemClock,
    });
    this.#flow = new FlowWatch({
      packets: async () => (this.receiveConnected ? packetsReceived(await this.#receive.getStats()) : null),
      isExpected: options.isExpecting,
      onStalled: () => this.#ladders.get(this.#receive)?.stalled(),
      onFlowing: () => this.#ladders.get(this.#receive)?.flowing(),
      clock: options.clock ?? systemClock,
    });
    this.#send.on('produce', ({ rtpParameters }, done, fail) => {
      const input = { transportId: this.#send.id, rtpParameters, paused: this.#outgoing.muted };
      options
        .request('sfu:produce', input as Omit<RequestInput<'sfu:produce'>, 'roomId' | 'epoch'>)
        .then(({ producerId }) => done({ id: producerId }), fail);
    });
    this.setOutgoing(options.outgoing);
  }

  /** Whether our sound reaches the SFU; true as well when there is none to send. */
  get sendReady(): boolean {
    if (!this.#outgoing.track) return true;
    return this.#producer !== null && this.#send.connectionState === 'connected';
  }

  get receiveConnected(): boolean {
    return this.#receive.connectionState === 'connected';
  }

  /** Whether media can flow in one direction at least: who neither talks nor hears anyone needs no transport. */
  get connected(): boolean {
    return this.receiveConnected || this.#send.connectionState === 'connected';
  }

  get healthy(): boolean {
    return !this.#closed && [...this.#ladders.values()].every((ladder) => ladder.isSteady);
  }

  get sender(): RTCRtpSender | undefined {
    return this.#producer?.rtpSender;
  }

  networkChanged(): void {
    for (const ladder of this.#ladders.values()) ladder.networkChanged();
  }

  signalingResumed(): void {
    for (const ladder of this.#ladders.values()) ladder.signalingResumed();
  }

  setOutgoing(outgoing: Outgoing): void {
    this.#outgoing = outgoing;
    this.#outgoingSteps = this.#outgoingSteps
      .then(() => this.#applyOutgoing())
      .catch((error) => this.#fail('produce', error));
  }

  iceChanged(): void {
    const { ice, log } = this.#options;
    for (const transport of this.#ladders.keys()) {
      transport.updateIceServers(ice).catch((error) => log.warn('ICE servers not taken', { error }));
    }
  }

  /**
   * Consumes producers, together; they play once the SFU resumes them, which is asked for at once and not waited for. After
   * an error call it again: it takes up where it stopped.
   */
  async consume(producerIds: string[]): Promise<void> {
    for (let i = 0; i < producerIds.length; i += CONSUME_BATCH) {
      const batch = producerIds.slice(i, i + CONSUME_BATCH).filter((id) => !this.#consumers.has(id));
      if (batch.length > 0 && !this.#closed) await this.#consumeBatch(batch);
      this.#resumeSoon();
    }
  }

  /** The producer has ended at the SFU. */
  removeProducer(producerId: string): void {
    const entry = this.#consumers.get(producerId);
    if (!entry) return;
    this.#consumers.delete(producerId);
    this.#paused.delete(entry.consumer.id);
    entry.consumer.close();
    this.emit('consumerEnded', entry.participantId, entry.consumer);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const ladder of this.#ladders.values()) ladder.close();
    for (const timer of this.#relayTimers.values()) (this.#options.clock ?? systemClock).cancel(timer);
    this.#flow.close();
    this.#bitrate.close();
    this.#send.close();
    this.#receive.close();
    this.#consumers.clear();
    this.removeAllListeners();
  }

  async #consumeBatch(producerIds: string[]): Promise<void> {
    const { request } = this.#options;
    const rtpCapabilities = this.#device.recvRtpCapabilities as RequestInput<'sfu:consume'>['rtpCapabilities'];
    const { consumers: offered } = await request('sfu:consume', { producerIds, rtpCapabilities });
    if (this.#closed || offered.length === 0) return;
    // One SDP round for all of them: mediasoup-client batches what is asked for within one microtask.
    const consumers = await Promise.all(
      offered.map(({ consumerId, producerId, participantId, rtpParameters }) =>
        this.#receive.consume({
          id: consumerId,
          producerId,
          kind: 'audio',
          rtpParameters: rtpParameters as types.RtpParameters,
          // One stream each: lip-sync groups would hold one speaker back for another.
          streamId: participantId ?? producerId,
        }),
      ),
    );
    if (this.#closed) return;
    consumers.forEach((consumer, i) => {
      const participantId = offered[i]?.participantId ?? null;
      this.#consumers.set(consumer.producerId, { participantId, consumer });
      this.#paused.add(consumer.id);
      this.emit('consumer', participantId, consumer);
    });
  }

  #resumeSoon(): void {
    const { log, clock = systemClock } = this.#options;
    this.#resuming = this.#resuming
      .then(() => this.#resumePaused())
      .catch((error) => {
        if (this.#closed) return;
        log.warn('consumers not resumed', { error });
        clock.after(RESUME_RETRY_MS, () => this.#resumeSoon());
      });
  }

  async #resumePaused(): Promise<void> {
    const consumerIds = [...this.#paused].slice(0, CONSUME_BATCH);
    if (consumerIds.length === 0 || this.#closed) return;
    await this.#options.request('sfu:resumeConsumers', { consumerIds });
    for (const id of consumerIds) this.#paused.delete(id);
  }

  async #applyOutgoing(): Promise<void> {
    if (this.#closed) return;
    const { track, muted } = this.#outgoing;
    const { request, opus } = this.#options;
    if (!track) {
      const gone = this.#producer;
      this.#producer = null;
      gone?.close();
      if (gone) await request('sfu:closeProducer', { producerId: gone.id });
      return;
    }
    if (!this.#producer) {
      const producer = await this.#send.produce({
        track,
        stopTracks: false,
        disableTrackOnPause: false,
        zeroRtpOnPause: true,
        encodings: [{ maxBitrate: this.#bitrate.bitrate, networkPriority: 'high' }],
        codecOptions: {
          opusFec: opus.fec,
          opusDtx: opus.dtx,
          /*
           * What the SFU asked for again would come too late for the one after it, or make all wait for it, and would not
           * be reported as lost: FEC and the bitrate would never know. FEC costs no round trip, and for speech begins with
           * the first reported loss. On the last hop it comes in time (the SFU's consumers are asked).
           */
          opusNack: false,
          opusMaxAverageBitrate: opus.maxBitrate,
        },
      });
      if (this.#closed) return;
      this.#producer = producer;
      if (muted) producer.pause();
      this.emit('stateChanged');
      return;
    }
    const producer = this.#producer;
    if (producer.track !== track) await producer.replaceTrack({ track });
    if (producer.paused === muted) return;
    if (muted) producer.pause();
    else producer.resume();
    await request('sfu:pauseProducer', { producerId: producer.id, paused: muted }).catch((error: unknown) => {
      // Silenced again meanwhile: the event that says so is on its way, and pauses here too.
      if (!(error instanceof ParleyError && error.code === 'not_allowed')) throw error;
    });
  }

  #prepare(transport: types.Transport, direction: 'send' | 'receive'): void {
    transport.on('connect', ({ dtlsParameters }, done, fail) => {
      const input = { transportId: transport.id, dtlsParameters };
      this.#options
        .request('sfu:connect', input as Omit<RequestInput<'sfu:connect'>, 'roomId' | 'epoch'>)
        .then(done, fail);
    });
    const ladder = new Ladder({
      times: TIMES,
      // Server first: its new credentials are what ours are made for.
      restart: async () => {
        const { iceParameters } = await this.#options.request('sfu:restartIce', { transportId: transport.id });
        if (!this.#closed) await transport.restartIce({ iceParameters });
      },
      renew: (why) => this.#fail(`${direction} transport`, why),
      log: this.#options.log.child({ direction }),
      clock: this.#options.clock ?? systemClock,
    });
    this.#ladders.set(transport, ladder);
    transport.on('icegatheringstatechange', (state) => {
      if (this.#options.ice.iceTransportPolicy !== 'relay') return;
      const { clock = systemClock } = this.#options;
      clock.cancel(this.#relayTimers.get(transport));
      if (state === 'complete') void this.#lookForRelay(transport);
      else
        this.#relayTimers.set(
          transport,
          clock.after(RELAY_MS, () => void this.#lookForRelay(transport)),
        );
    });
    transport.on('connectionstatechange', (state) => {
      if (this.#closed) return;
      ladder.handleState(state);
      this.emit('stateChanged');
    });
  }

  async #lookForRelay(transport: types.Transport): Promise<void> {
    // With a candidate of ours it would have begun to connect: the SFU's are known from the start.
    const report = transport.connectionState === 'new' ? await transport.getStats().catch(() => null) : null;
    if (this.#closed || !report) return;
    if ([...report.values()].some(({ candidateType, type }) => type === 'local-candidate' && candidateType === 'relay'))
      return;
    this.emit('relayMissing');
    // Nothing would ever come of this one.
    this.#fail('relay', 'none was found');
  }

  #fail(what: string, error: unknown): void {
    if (this.#closed) return;
    this.#options.log.warn('sfu session failed', { what, error });
    this.emit('failed');
  }
}
