import type { Attempt as AttemptReport, MeshSignal } from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger, randomId, systemClock, type Timer } from '@parley/shared/runtime';
import { Attempt } from '../media/attempt.ts';
import { BitrateControl } from '../media/bitrate-control.ts';
import { FlowWatch, packetsReceived } from '../media/flow-watch.ts';
import type { IceConfiguration } from '../media/ice.ts';
import { Ladder, type LadderTimes } from '../media/ladder.ts';
import type { Outgoing } from '../media/media-path.ts';
import type { OpusOptions } from '../types.ts';
import { withOpusSettings } from './sdp.ts';

/** After 12 s without a connection someone counts as unreachable; who was connected before, 7 s and more after they were lost. */
const TIMES: LadderTimes = {
  connectMs: [4_000, 4_000, 4_000],
  graceMs: 2_000,
  changedGraceMs: 200,
  restartMs: [3_000, 4_000],
};
/** Candidates found within this time travel together, in ms. */
const CANDIDATE_BATCH_MS = 20;
/** Signals waiting to be handled; a peer that sends more than this loses the rest. */
const MAX_QUEUED_SIGNALS = 128;

type PeerLinkEvents = {
  receiver: [receiver: RTCRtpReceiver];
  stateChanged: [];
  unreachable: [];
  /** Nothing but a relay may be used, and none was found. */
  relayMissing: [];
  attempted: [attempt: AttemptReport];
};

export interface PeerLinkOptions {
  /** Gives way when both offer at once. */
  polite: boolean;
  /** Opens the conversation; exactly one of the two does. */
  initiator: boolean;
  ice: IceConfiguration;
  opus: Required<OpusOptions>;
  outgoing: Outgoing;
  /** Whether packets ought to come: the other one talks, as far as anyone knows. */
  isExpecting: () => boolean;
  send: (signal: MeshSignal) => Promise<void>;
  log: Logger;
  clock?: Clock;
}

/**
 * One RTCPeerConnection to one other member of a mesh, kept up by perfect negotiation (WebRTC 1.0,
 * section 10.7), ICE restarts, and new connections. `instance` in a signal names the connection it belongs to: when
 * the other side starts anew, so do we. Who does not open the conversation says no more than that at first: the other
 * side may have a connection to a member who was away and is back, and not know it.
 */
export class PeerLink extends Emitter<PeerLinkEvents> {
  readonly #options: PeerLinkOptions;
  readonly #clock: Clock;
  readonly #attempt: Attempt;
  readonly #ladder: Ladder;
  readonly #flow: FlowWatch;
  readonly #bitrate: BitrateControl;
  #pc!: RTCPeerConnection;
  #instance = '';
  #remoteInstance: string | null = null;
  /** The other side's connection that ours was made instead of: what it still says is late. */
  #formerInstance: string | null = null;
  #outgoing: Outgoing;
  #makingOffer = false;
  #ignoreOffer = false;
  #settingAnswer = false;
  #queue: Promise<void> = Promise.resolve();
  #queued = 0;
  #candidates: NonNullable<MeshSignal['candidates']> = [];
  #candidateTimer: Timer | undefined;
  /** A candidate that another browser can send to was found. */
  #isReachable = false;
  #wasConnected = false;
  /** Nothing but a relay may be used, and none was found yet. */
  #lacksRelay = false;
  #closed = false;

  constructor(options: PeerLinkOptions) {
    super((error, event) => options.log.error('listener threw', { event, error }));
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#attempt = new Attempt('mesh', (report) => this.emit('attempted', report), this.#clock);
    this.#outgoing = options.outgoing;
    this.#ladder = new Ladder({
      times: TIMES,
      help: () => this.#help(),
      restart: () => this.#help(),
      renew: () => this.#renew(),
      log: options.log,
      clock: this.#clock,
    });
    const { minBitrate: min, maxBitrate: max } = options.opus;
    const [log, clock] = [options.log, this.#clock];
    this.#bitrate = new BitrateControl({ bounds: { min, max }, sender: () => this.sender, log, clock });
    this.#connect(options.initiator);
    if (!options.initiator) this.#send({ instance: this.#instance });
    this.#flow = new FlowWatch({
      packets: async () => (this.connected ? packetsReceived(await this.#pc.getStats()) : null),
      isExpected: options.isExpecting,
      onStalled: () => this.#ladder.stalled(),
      onFlowing: () => this.#ladder.flowing(),
      clock: this.#clock,
    });
  }

  get connected(): boolean {
    return this.#pc.connectionState === 'connected';
  }

  /** Whether it is up, or still coming up for the first time. */
  get healthy(): boolean {
    return this.connected || (!this.#wasConnected && !this.#lacksRelay);
  }

  get sender(): RTCRtpSender | undefined {
    return this.#transceiver()?.sender;
  }

  setOutgoing(outgoing: Outgoing): void {
    this.#outgoing = outgoing;
    void this.#sendTrack();
  }

  iceChanged(): void {
    this.#pc.setConfiguration(this.#options.ice);
  }

  /** Handles what the other side said, one message after the other. */
  receive(signal: MeshSignal): void {
    if (this.#closed || this.#queued >= MAX_QUEUED_SIGNALS) return;
    this.#queued++;
    this.#queue = this.#queue.then(async () => {
      this.#queued--;
      if (this.#closed) return;
      try {
        await this.#handle(signal);
      } catch (error) {
        this.#options.log.warn('negotiation step failed', { error });
      }
    });
  }

  /** Signaling is back: say again what may have been lost. */
  nudge(): void {
    if (!this.#closed) this.#ladder.signalingResumed();
  }

  networkChanged(): void {
    if (!this.#closed) this.#ladder.networkChanged();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ladder.close();
    this.#flow.close();
    this.#bitrate.close();
    this.#disconnect();
    this.#attempt.settle('abandoned');
    this.removeAllListeners();
  }

  #connect(offering: boolean): void {
    const pc = new RTCPeerConnection(this.#options.ice);
    this.#pc = pc;
    this.#instance = randomId();
    this.#makingOffer = false;
    this.#ignoreOffer = false;
    this.#settingAnswer = false;
    this.#candidates = [];
    this.#isReachable = false;
    pc.onnegotiationneeded = () => void this.#offer();
    pc.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate) return;
      // Browsers open TCP connections and accept none.
      if (candidate.protocol !== 'tcp') this.#isReachable = true;
      this.#lacksRelay = false;
      this.#candidates.push({ ...candidate.toJSON(), candidate: candidate.candidate });
      this.#candidateTimer ??= this.#clock.after(CANDIDATE_BATCH_MS, () => this.#flushCandidates());
    };
    pc.onicegatheringstatechange = () => {
      if (pc.iceGatheringState === 'complete' && !this.#isReachable) this.#unreachable();
    };
    pc.ontrack = ({ receiver }) => this.emit('receiver', receiver);
    pc.onconnectionstatechange = () => {
      if (this.connected) {
        this.#wasConnected = true;
        this.#attempt.settle('connected');
      }
      this.#ladder.handleState(pc.connectionState);
      this.emit('stateChanged');
    };
    this.#ladder.begin();
    if (offering) {
      pc.addTransceiver('audio', {
        direction: 'sendrecv',
        sendEncodings: [{ maxBitrate: this.#bitrate.bitrate, networkPriority: 'high' }],
      });
      void this.#sendTrack();
    }
  }

  #disconnect(): void {
    const pc = this.#pc;
    pc.onnegotiationneeded = null;
    pc.onicecandidate = null;
    pc.onicegatheringstatechange = null;
    pc.ontrack = null;
    pc.onconnectionstatechange = null;
    this.#clock.cancel(this.#candidateTimer);
    this.#candidateTimer = undefined;
    pc.close();
  }

  #transceiver(): RTCRtpTransceiver | undefined {
    const all = this.#pc.getTransceivers();
    return all.find((transceiver) => transceiver.mid !== null) ?? all[0];
  }

  async #sendTrack(): Promise<void> {
    const { track, muted } = this.#outgoing;
    const sender = this.#transceiver()?.sender;
    const wanted = muted ? null : track;
    if (!sender || sender.track === wanted) return;
    try {
      await sender.replaceTrack(wanted);
    } catch (error) {
      this.#options.log.warn('replaceTrack failed', { error });
    }
  }

  async #offer(): Promise<void> {
    const pc = this.#pc;
    try {
      this.#makingOffer = true;
      await pc.setLocalDescription();
      if (pc === this.#pc) this.#sendDescription();
    } catch (error) {
      this.#options.log.warn('offer failed', { error });
    } finally {
      if (pc === this.#pc) this.#makingOffer = false;
    }
  }

  async #handle(signal: MeshSignal): Promise<void> {
    const { description, candidates } = signal;
    if (signal.instance === this.#formerInstance) return;
    if (signal.instance !== this.#remoteInstance) {
      if (description?.type === 'offer') {
        if (this.#remoteInstance !== null) {
          this.#formerInstance = this.#remoteInstance;
          this.#disconnect();
          this.#connect(false);
        }
      } else if (this.#remoteInstance !== null) {
        // They have started anew and made no offer: they wait for ours, or answer one that was for the connection before.
        this.#formerInstance = description ? signal.instance : this.#remoteInstance;
        return this.#startAnew();
      } else if (description?.type !== 'answer') return;
      this.#remoteInstance = signal.instance;
    }
    if (description) await this.#handleDescription(description as RTCSessionDescriptionInit);
    for (const candidate of candidates ?? []) {
      try {
        await this.#pc.addIceCandidate(candidate as RTCIceCandidateInit);
      } catch (error) {
        if (!this.#ignoreOffer) throw error;
      }
    }
  }

  async #handleDescription(description: RTCSessionDescriptionInit): Promise<void> {
    const pc = this.#pc;
    const readyForOffer = !this.#makingOffer && (pc.signalingState === 'stable' || this.#settingAnswer);
    const collision = description.type === 'offer' && !readyForOffer;
    this.#ignoreOffer = !this.#options.polite && collision;
    if (this.#ignoreOffer) return;
    // An answer heard twice (we repeated an offer) has nothing left to answer.
    if (description.type === 'answer' && pc.signalingState === 'stable') return;
    this.#settingAnswer = description.type === 'answer';
    try {
      await pc.setRemoteDescription(description);
    } finally {
      this.#settingAnswer = false;
    }
    if (description.type !== 'offer' || pc !== this.#pc) return;
    const transceiver = this.#transceiver();
    if (transceiver) transceiver.direction = 'sendrecv';
    await this.#sendTrack();
    await pc.setLocalDescription();
    if (pc === this.#pc) this.#sendDescription();
  }

  #sendDescription(): void {
    const description = this.#pc.localDescription;
    if (!description) return;
    const sdp = withOpusSettings(description.sdp, this.#options.opus);
    this.#send({ instance: this.#instance, description: { type: description.type as 'offer' | 'answer', sdp } });
  }

  #flushCandidates(): void {
    this.#candidateTimer = undefined;
    for (let i = 0; i < this.#candidates.length; i += 32) {
      this.#send({ instance: this.#instance, candidates: this.#candidates.slice(i, i + 32) });
    }
    this.#candidates = [];
  }

  #send(signal: MeshSignal): void {
    // A signal that is lost is made good by the watch, or by `nudge` once signaling is back.
    this.#options.send(signal).catch((error) => this.#options.log.debug('signal not delivered', { error }));
  }

  /** Moves a link that is not connected: says an unanswered offer again, or restarts ICE. */
  #help(): void {
    const pc = this.#pc;
    if (pc.signalingState === 'have-local-offer') this.#sendDescription();
    else if (this.#options.initiator || this.#wasConnected) pc.restartIce();
  }

  /** What could be done for this connection was done. Who was never connected leaves a new one to the initiator. */
  #renew(): void {
    if (this.#options.initiator || this.#wasConnected) {
      this.#formerInstance = this.#remoteInstance ?? this.#formerInstance;
      this.#startAnew();
    } else {
      this.#ladder.begin();
    }
    this.#unreachable();
  }

  #startAnew(): void {
    this.#disconnect();
    this.#remoteInstance = null;
    this.#connect(true);
  }

  #unreachable(): void {
    this.#attempt.settle('unreachable');
    if (this.#options.ice.iceTransportPolicy === 'relay' && !this.#isReachable) {
      this.#lacksRelay = true;
      this.emit('relayMissing');
      // An SFU is out of reach as well then.
    } else this.emit('unreachable');
  }
}
