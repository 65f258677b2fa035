import { type JoinResult, ParleyError } from '@parley/shared/protocol';
import { Emitter, type Logger } from '@parley/shared/runtime';
import { resumeAudioContext } from '../media/audio-context.ts';
import type { Microphone } from '../media/microphone.ts';
import { loadSfu } from '../parts.ts';
import { Playback } from '../playback/playback.ts';
import type { Connection } from '../signaling/connection.ts';
import type {
  CloseReason,
  ConnectionState,
  Microphone as MicrophoneChoice,
  OpusOptions,
  Participant,
  Room,
  RoomEvents,
  RoomStats,
  TopologyKind,
} from '../types.ts';
import { RoomModeration } from './moderation.ts';
import { Paths } from './paths.ts';
import { Quality } from './quality.ts';
import { isVoiceless, Roster } from './roster.ts';
import { followRoster } from './roster-follower.ts';
import { SelfAnnouncer } from './self-announcer.ts';
import { SelfState } from './self-state.ts';
import { SignalingFollower } from './signaling-follower.ts';
import { SpeakingMonitor } from './speaking.ts';
import { TopologyFollower } from './topology-follower.ts';
import { UplinkWatch } from './uplink.ts';

export interface RoomSessionOptions {
  connection: Connection;
  microphone: Microphone;
  joined: JoinResult;
  /** Their own, as the others see it. */
  name: string;
  askedAt: number;
  iceTransportPolicy: RTCIceTransportPolicy;
  opus: Required<OpusOptions>;
  onClosed: (room: RoomSession) => void;
  log: Logger;
}

/** A room one is in, as the application sees it: made of roster, paths, playback, and what follows signaling. */
export class RoomSession implements Room {
  readonly id: string;
  readonly moderate: RoomModeration;
  readonly #options: RoomSessionOptions;
  readonly #log: Logger;
  readonly #events: Emitter<RoomEvents>;
  readonly #roster: Roster;
  readonly #paths: Paths;
  readonly #playback: Playback;
  readonly #topology: TopologyFollower;
  readonly #self: SelfState;
  readonly #announcer: SelfAnnouncer;
  readonly #signaling: SignalingFollower;
  readonly #speaking: SpeakingMonitor;
  readonly #uplink: UplinkWatch;
  readonly #quality: Quality;
  #state: ConnectionState = 'connecting';
  #everSettled = false;
  /** It was said that no relay is to be had; again only after it was. */
  #saidNoRelay = false;
  #closed = false;

  constructor(options: RoomSessionOptions) {
    const { connection, joined, log } = options;
    this.#options = options;
    this.id = joined.snapshot.roomId;
    this.#log = log;
    this.#events = new Emitter((error, event) => log.error('listener threw', { event, error }));
    this.#roster = new Roster(joined.selfId);
    this.moderate = new RoomModeration(
      this.id,
      (name, input) => connection.request(name, input),
      (room) => {
        this.#roster.setPinned(room.pinned);
        this.#events.emit('roomUpdated', room);
      },
    );
    const onBlocked = () => this.#events.emit('audioBlocked');
    const roster = this.#roster;
    this.#playback = new Playback({ selfId: () => roster.selfId, onBlocked });
    this.#paths = new Paths({
      roomId: this.id,
      selfId: joined.selfId,
      // What the join brought is set by whoever renews it.
      ice: { iceServers: [], iceTransportPolicy: options.iceTransportPolicy, bundlePolicy: 'max-bundle' },
      opus: options.opus,
      request: (name, input) => connection.request(name, input),
      isTalking: (id) => {
        const who = this.#roster.participants.get(id);
        return who?.connection === 'connected' && !who.muted && !isVoiceless(who);
      },
      log,
    });
    this.#topology = new TopologyFollower({
      paths: this.#paths,
      playback: this.#playback,
      others: () => this.#roster.others,
      sayReady: (epoch) => connection.request('room:ready', { roomId: this.id, epoch }),
      onSettled: () => {
        if (!this.#everSettled) void loadSfu().catch(() => {});
        this.#everSettled = true;
        this.#updatePaths();
        this.#updateState();
      },
      onReport: (report) => {
        this.#quality.noteHandover(report);
        this.#events.emit('handover', report);
      },
      onKindChanged: (kind, epoch) => this.#events.emit('topologyChanged', kind, epoch),
      log,
    });
    this.#speaking = new SpeakingMonitor(this.#roster, (id) => this.levelOf(id));
    this.#uplink = new UplinkWatch({
      senders: () => this.#paths.meshSenders,
      onWeak: () => this.#askForSfu(this.#topology.activeEpoch, 'weak_uplink'),
    });
    this.#self = new SelfState({
      roomId: this.id,
      microphone: options.microphone,
      paths: this.#paths,
      roster: this.#roster,
      onChanged: () => this.#announcer.changed(),
    });
    this.#announcer = new SelfAnnouncer(() => connection.request('self:update', this.#self.announced), log);
    this.#signaling = new SignalingFollower({
      ...options,
      roster: this.#roster,
      paths: this.#paths,
      playback: this.#playback,
      topology: this.#topology,
      moderate: this.moderate,
      self: this.#self,
      onUpChanged: (up) => {
        this.#announcer.setOnline(up);
        this.#updateState();
      },
      onTopology: () => {
        this.#updatePaths();
        this.#updateState();
      },
      onRejoined: () => this.#events.emit('rejoined', this.self),
      onClosed: (reason) => this.close(reason),
    });
    this.#listen();
    this.#signaling.start();
    this.#quality = new Quality({
      ...options,
      topology: this.#topology,
      paths: this.#paths,
      playback: this.#playback,
      roster: this.#roster,
      isOnline: () => this.#signaling.isUp,
    });
  }

  get topology(): TopologyKind {
    return this.#topology.kind;
  }

  get epoch(): number {
    return this.#topology.epoch;
  }

  get connectionState(): ConnectionState {
    return this.#state;
  }

  get self(): Participant {
    return this.#roster.self;
  }

  get participants(): ReadonlyMap<string, Participant> {
    return this.#roster.participants;
  }

  get output(): MediaStream {
    return this.#playback.output;
  }

  get muted(): boolean {
    return this.#options.microphone.muted;
  }

  get deafened(): boolean {
    return this.#self.deafened;
  }

  get locked(): boolean {
    return this.moderate.locked;
  }

  get pinned(): readonly string[] {
    return this.moderate.pinned;
  }

  get inputLevel(): number {
    return this.#options.microphone.level;
  }

  levelOf(participantId: string): number {
    if (participantId === this.#roster.selfId) return this.#options.microphone.level;
    return this.#playback.levelOf(participantId);
  }

  setMuted(muted: boolean): void {
    if (this.#closed) return;
    this.#options.microphone.setMuted(muted);
    this.#self.apply();
  }

  setDeafened(deafened: boolean): void {
    if (this.#closed) return;
    this.#playback.setDeafened(deafened);
    this.#self.setDeafened(deafened);
  }

  setVolume(participantId: string, volume: number): void {
    if (!(volume >= 0 && volume <= 1)) throw new RangeError(`volume must be 0 to 1, not ${volume}`);
    if (!this.#roster.participants.has(participantId) || participantId === this.#roster.selfId) return;
    this.#playback.setVolume(participantId, volume);
    this.#roster.patch(participantId, { volume });
  }

  async setMicrophone(choice: string | MicrophoneChoice): Promise<void> {
    await this.#options.microphone.use(choice);
    if (this.#closed) this.#options.microphone.close();
    else this.#self.apply();
  }

  async startAudio(): Promise<void> {
    await Promise.all([this.#playback.start(), resumeAudioContext()]);
  }

  on<E extends keyof RoomEvents>(event: E, listener: (...args: RoomEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  off<E extends keyof RoomEvents>(event: E, listener: (...args: RoomEvents[E]) => void): void {
    this.#events.off(event, listener);
  }

  stats(): Promise<RoomStats> {
    return this.#quality.stats();
  }

  async leave(): Promise<void> {
    if (this.#closed) return;
    const { connection } = this.#options;
    this.close({ code: 'left', message: 'You left the room.' });
    // If it cannot be said, the server finds out when the resume window ends.
    await connection.request('room:leave', { roomId: this.id }).catch(() => undefined);
  }

  /** The page is going away: says so without waiting. */
  leaveNow(): void {
    if (this.#closed) return;
    this.close({ code: 'left', message: 'You left the room.' });
    this.#options.connection.tell('room:leave', { roomId: this.id });
  }

  /** Signaling moves to another socket: goes along, unnoticed. @throws {ParleyError} when only a reconnect can mend it */
  async handleMove(): Promise<void> {
    if (!this.#closed) await this.#signaling.transfer();
  }

  /** Ends everything here, telling nobody but the listeners. Idempotent. */
  close(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#log.info('room closed', { code: reason.code });
    this.#speaking.close();
    this.#uplink.close();
    this.#signaling.close();
    this.#topology.close();
    this.#announcer.close();
    this.#paths.close();
    this.#quality.close(reason.code === 'left');
    this.#playback.close();
    this.#options.microphone.close();
    this.#updateState();
    this.#options.onClosed(this);
    this.#events.emit('closed', reason);
    this.#events.removeAllListeners();
  }

  /** The microphone ended by itself. */
  handleMicrophoneError(error: Error): void {
    this.#self.apply();
    this.#events.emit('microphoneError', error);
  }

  #listen(): void {
    this.#paths.on('sourceAdded', (source) => {
      this.#playback.addSource(source);
      this.#updatePath(source.participantId);
    });
    this.#paths.on('sourceRemoved', (source) => this.#playback.removeSource(source));
    this.#paths.on('slotAdded', (slot) => {
      this.#playback.addSlot(slot);
      this.#updatePaths();
    });
    this.#paths.on('slotRemoved', (slot) => this.#playback.removeSlot(slot));
    this.#paths.on('stateChanged', () => this.#updateState());
    this.#paths.on('unreachable', (path, participantId) => {
      const reachable = this.#roster.participants.get(participantId)?.connection === 'connected';
      if (reachable) this.#askForSfu(path.epoch, 'no_direct_path');
    });
    this.#paths.on('relayMissing', () => {
      this.#updateState();
      if (this.#saidNoRelay) return;
      this.#saidNoRelay = true;
      this.#events.emit('relayUnavailable', new ParleyError('relay_unavailable'));
    });
    const [roster, paths, playback] = [this.#roster, this.#paths, this.#playback];
    followRoster({ roster, paths, playback, speaking: this.#speaking, self: this.#self, events: this.#events });
  }

  #askForSfu(epoch: number, reason: 'no_direct_path' | 'weak_uplink'): void {
    this.#log.warn('the mesh cannot be held', { epoch, reason });
    this.#options.connection
      .request('room:requestSfu', { roomId: this.id, epoch, reason })
      .catch((error) => this.#log.warn('no SFU instead of the mesh', { error }));
  }

  #updatePaths(): void {
    for (const { id } of this.#roster.others) this.#updatePath(id);
  }

  #updatePath(id: string): void {
    this.#roster.patch(id, { path: this.#playback.kindOf(id) });
  }

  #updateState(): void {
    const state = this.#closed
      ? 'closed'
      : !this.#signaling.isUp || !this.#paths.healthy
        ? 'reconnecting'
        : this.#everSettled
          ? 'connected'
          : 'connecting';
    if (state === this.#state) return;
    this.#state = state;
    if (state === 'connected') this.#saidNoRelay = false;
    this.#events.emit('connectionState', state);
  }
}
