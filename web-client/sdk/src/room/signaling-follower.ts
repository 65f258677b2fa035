import type { JoinResult, RoomEvent, RoomSnapshot, Topology } from '@parley/shared/protocol';
import { type Logger, randomId, systemClock } from '@parley/shared/runtime';
import type { Playback } from '../playback/playback.ts';
import type { Connection } from '../signaling/connection.ts';
import type { CloseReason } from '../types.ts';
import { EventLog } from './event-log.ts';
import { IceRenewal } from './ice-renewal.ts';
import type { RoomModeration } from './moderation.ts';
import type { Paths } from './paths.ts';
import { Resumption } from './resumption.ts';
import type { Roster } from './roster.ts';
import type { SelfState } from './self-state.ts';
import type { TopologyFollower } from './topology-follower.ts';

export interface SignalingFollowerOptions {
  connection: Connection;
  joined: JoinResult;
  /** Our own, as the others see it. */
  name: string;
  roster: Roster;
  paths: Paths;
  playback: Playback;
  topology: TopologyFollower;
  moderate: RoomModeration;
  self: SelfState;
  onUpChanged: (up: boolean) => void;
  onTopology: () => void;
  /** We were away for too long, and are another participant now. */
  onRejoined: () => void;
  /** The room is over for us. */
  onClosed: (reason: CloseReason) => void;
  log: Logger;
}

/** Does in a room what signaling says of it, and takes our membership up again whenever signaling was away. */
export class SignalingFollower {
  readonly #options: SignalingFollowerOptions;
  readonly #roomId: string;
  readonly #eventLog: EventLog;
  readonly #resumption: Resumption;
  readonly #ice: IceRenewal;
  readonly #subscriptions: (() => void)[];
  #resumeToken: string;
  /** Of the join that is under way after we were away for too long. */
  #joinId: string | null = null;
  #isUp = true;

  constructor(options: SignalingFollowerOptions) {
    const { connection, joined, name, topology, self, onClosed, log } = options;
    this.#options = options;
    this.#roomId = joined.snapshot.roomId;
    this.#resumeToken = joined.resumeToken;
    this.#eventLog = new EventLog(joined.snapshot.seq, {
      fetchSnapshot: () => connection.request('room:snapshot', { roomId: this.#roomId }),
      applySnapshot: (snapshot) => this.#applySnapshot(snapshot),
      applyEvent: (event) => this.#applyEvent(event),
      log,
    });
    this.#resumption = new Resumption({
      resume: () => {
        const tokens = { resumeToken: this.#resumeToken, topologyToken: topology.token };
        return connection.request('room:resume', { ...self.announced, ...tokens });
      },
      rejoin: () => {
        this.#joinId ??= randomId();
        return connection.request('room:join', { ...self.announced, name, joinId: this.#joinId });
      },
      onResumed: (resumed) => this.#onResumed(resumed),
      onRejected: ({ code, message }) => onClosed({ code, message }),
      isConnected: () => connection.connected,
    });
    this.#ice = new IceRenewal({
      fetch: () => connection.request('ice:servers', {}),
      apply: (servers) => options.paths.setIceServers(servers),
      clock: systemClock,
      log,
    });
    this.#ice.follow(joined);
    this.#subscriptions = this.#listen();
  }

  /** Begins with what the join brought; apart from the constructor so that whoever is told is in place. */
  start(): void {
    this.#eventLog.reset(this.#options.joined.snapshot);
  }

  /** Whether signaling knows us as a member. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Signaling moves to another socket: goes along. @throws {ParleyError} when only a reconnect can mend it */
  transfer(): Promise<void> {
    return this.#resumption.transfer();
  }

  close(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#resumption.cancel();
    this.#ice.close();
    this.#eventLog.close();
  }

  #listen(): (() => void)[] {
    const { connection, paths, onClosed } = this.#options;
    const mine =
      <T extends { roomId: string }>(handle: (event: T) => void) =>
      (event: T) => {
        if (event.roomId === this.#roomId) handle(event);
      };
    return [
      connection.on(
        'room:event',
        mine(({ seq, event }) => this.#eventLog.receive(seq, event)),
      ),
      connection.on(
        'mesh:signal',
        mine(({ epoch, from, signal }) => paths.receiveSignal(epoch, from, signal)),
      ),
      connection.on(
        'sfu:lost',
        mine(({ epoch }) => paths.sfuLost(epoch)),
      ),
      connection.on(
        'room:closed',
        mine(({ code, message }) => onClosed({ code, message })),
      ),
      connection.on('lost', () => this.#setUp(false)),
      connection.on('networkChanged', () => paths.networkChanged()),
      connection.on('reconnected', () => this.#resumption.start()),
      connection.on('refused', ({ code, message }) => onClosed({ code, message })),
    ];
  }

  #applySnapshot(snapshot: RoomSnapshot): void {
    const { roster, paths, moderate } = this.#options;
    roster.reset(snapshot.participants, snapshot.healing);
    paths.setForwarding(snapshot.slots, snapshot.producers);
    moderate.apply(snapshot);
    this.#followTopology(snapshot.topology, snapshot.topologyToken, true);
  }

  #applyEvent(event: RoomEvent): void {
    const { roster, paths, moderate } = this.#options;
    switch (event.type) {
      case 'participantJoined':
      case 'participantUpdated':
        return roster.hear(event.participant);
      case 'participantLeft':
        if (event.participantId !== roster.selfId) roster.remove(event.participantId);
        return;
      case 'topologyChanged':
        return this.#followTopology(event.topology, event.topologyToken, event.reason !== 'aborted');
      case 'producerAdded':
        return paths.producerAdded(event.producer);
      case 'producerRemoved':
        return paths.producerRemoved(event.producerId);
      case 'slotsChanged':
        return paths.setSlots(event.slots);
      case 'roomUpdated':
        return moderate.apply(event);
      case 'healed':
        void this.#eventLog.refresh();
        return;
      default:
        event satisfies never;
    }
  }

  #followTopology(topology: Topology, token: string, reportMove: boolean): void {
    this.#options.topology.follow(topology, token, reportMove);
    this.#options.onTopology();
  }

  #setUp(up: boolean): void {
    this.#isUp = up;
    if (!up) {
      this.#resumption.cancel();
      this.#eventLog.pause();
    }
    this.#options.onUpChanged(up);
  }

  #onResumed(resumed: JoinResult): void {
    const { roster, paths, onRejoined } = this.#options;
    const isAnother = resumed.selfId !== roster.selfId;
    this.#resumeToken = resumed.resumeToken;
    this.#joinId = null;
    this.#ice.follow(resumed);
    if (isAnother) this.#become(resumed);
    this.#setUp(true);
    this.#eventLog.reset(resumed.snapshot);
    paths.signalingResumed();
    if (isAnother) onRejoined();
  }

  /** We were away for too long, and are another participant of the same room. */
  #become({ selfId }: JoinResult): void {
    const { roster, paths, playback, topology, log } = this.#options;
    log.info('joined anew', { participant: selfId });
    topology.forget();
    for (const epoch of paths.become(selfId)) playback.removePath(epoch);
    roster.become(selfId);
  }
}
