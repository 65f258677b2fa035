import type {
  Attempt,
  MeshSignal,
  Path,
  ProducerInfo,
  RequestInput,
  RequestName,
  RequestOutput,
  Slots,
} from '@parley/shared/protocol';
import { Emitter, type Logger } from '@parley/shared/runtime';
import type { IceConfiguration } from '../media/ice.ts';
import type { MediaPath, Outgoing } from '../media/media-path.ts';
import type { RemoteSource } from '../media/remote-source.ts';
import type { SlotSource } from '../media/voice-source.ts';
import { MeshPath } from '../mesh/mesh-path.ts';
import { SfuPath } from '../sfu/sfu-path.ts';
import type { OpusOptions } from '../types.ts';

/** Mesh signals that came before their path or participant, kept for them. */
const MAX_EARLY_SIGNALS = 256;

type PathsEvents = {
  sourceAdded: [source: RemoteSource];
  sourceRemoved: [source: RemoteSource];
  slotAdded: [slot: SlotSource];
  slotRemoved: [slot: SlotSource];
  /** Voices come another way on it. */
  carrierChanged: [path: MediaPath];
  stateChanged: [];
  /** A mesh path cannot reach someone. */
  unreachable: [path: MediaPath, participantId: string];
  /** Nothing but a relay may be used, and none was found. */
  relayMissing: [];
  attempted: [attempt: Attempt];
};

export interface PathsOptions {
  roomId: string;
  selfId: string;
  ice: IceConfiguration;
  opus: Required<OpusOptions>;
  request: <R extends RequestName>(name: R, input: RequestInput<R>) => Promise<RequestOutput<R>>;
  /** Whether someone is there and talks, as far as anyone knows. */
  isTalking: (participantId: string) => boolean;
  log: Logger;
}

interface EarlySignal {
  epoch: number;
  from: string;
  signal: MeshSignal;
}

/** The media paths there are now: one, or two while a handover is under way. */
export class Paths extends Emitter<PathsEvents> {
  #options: PathsOptions;
  readonly #paths = new Map<number, MediaPath>();
  readonly #participants = new Set<string>();
  #producers: ProducerInfo[] = [];
  /** By epoch. */
  #slots = new Map<number, string[]>();
  #early: EarlySignal[] = [];
  #outgoing: Outgoing = { track: null, muted: true };
  /** Who may not listen; ourselves, if we may not. */
  readonly #deaf = new Set<string>();

  constructor(options: PathsOptions) {
    super((error, event) => options.log.error('listener threw', { event, error }));
    this.#options = options;
  }

  /** Another membership begins, with nothing of the earlier one. Returns the epochs of the paths that are closed. */
  become(selfId: string): number[] {
    this.#options = { ...this.#options, selfId };
    return this.closeAllBut(new Set());
  }

  /** Servers, or credentials of theirs, for connections to come, and for ICE restarts of those there are. */
  setIceServers(iceServers: RTCIceServer[]): void {
    this.#options.ice.iceServers = iceServers;
    for (const path of this.all) path.iceChanged();
  }

  get all(): MediaPath[] {
    return [...this.#paths.values()];
  }

  get healthy(): boolean {
    return this.all.every((path) => path.healthy);
  }

  /** What we send on while the room is a mesh and stays one, one sender for each other member. */
  get meshSenders(): RTCRtpSender[] {
    const [only, another] = this.all;
    return only?.kind === 'mesh' && !another ? only.senders() : [];
  }

  /** The path of that epoch, opened if it is not there. */
  ensure({ kind, epoch }: Path): MediaPath {
    const present = this.#paths.get(epoch);
    if (present) return present;
    const { roomId, selfId, ice, opus, request, isTalking, log: parentLog } = this.#options;
    const log = parentLog.child({ path: kind, epoch });
    const outgoing = this.#outgoing;
    const path =
      kind === 'mesh'
        ? new MeshPath({
            epoch,
            selfId,
            participantIds: [...this.#participants],
            ice,
            opus,
            outgoing,
            deaf: this.#deaf,
            isTalking,
            send: async (to, signal) => {
              await request('mesh:signal', { roomId, epoch, to, signal });
            },
            log,
          })
        : new SfuPath({
            epoch,
            producers: this.#producers,
            slots: this.#slots.get(epoch) ?? [],
            selfId,
            ice,
            opus,
            outgoing,
            isListening: !this.#deaf.has(selfId),
            // One alone may have lost the network themselves, and a thousand listeners are not to stir for that.
            isExpecting: () => [...this.#participants].filter((id) => id !== selfId && isTalking(id)).length > 1,
            request: (name, input) => request(name, { ...input, roomId, epoch } as RequestInput<typeof name>),
            log,
          });
    this.#paths.set(epoch, path);
    path.events.on('sourceAdded', (source) => this.emit('sourceAdded', source));
    path.events.on('sourceRemoved', (source) => this.emit('sourceRemoved', source));
    path.events.on('slotAdded', (slot) => this.emit('slotAdded', slot));
    path.events.on('slotRemoved', (slot) => this.emit('slotRemoved', slot));
    path.events.on('carrierChanged', () => this.emit('carrierChanged', path));
    path.events.on('stateChanged', () => this.emit('stateChanged'));
    path.events.on('relayMissing', () => this.emit('relayMissing'));
    path.events.on('attempted', (attempt) => this.emit('attempted', attempt));
    path.events.on('unreachable', (participantId) => this.emit('unreachable', path, participantId));
    path.start();
    this.#deliverEarly();
    return path;
  }

  /** Closes every path but those; returns the epochs of the closed. */
  closeAllBut(epochs: Set<number>): number[] {
    const closed: number[] = [];
    for (const [epoch, path] of this.#paths) {
      if (epochs.has(epoch)) continue;
      this.#paths.delete(epoch);
      path.close();
      closed.push(epoch);
    }
    this.#early = this.#early.filter(({ epoch }) => epoch >= Math.min(...epochs));
    this.#producers = this.#producers.filter(({ epoch }) => epochs.has(epoch));
    for (const epoch of this.#slots.keys()) if (!epochs.has(epoch)) this.#slots.delete(epoch);
    return closed;
  }

  setOutgoing(outgoing: Outgoing): void {
    this.#outgoing = outgoing;
    for (const path of this.all) path.setOutgoing(outgoing);
  }

  /** Who may not listen is sent nothing, and consumes nothing. */
  setListener(participantId: string, canListen: boolean): void {
    if (canListen === !this.#deaf.has(participantId)) return;
    if (canListen) this.#deaf.delete(participantId);
    else this.#deaf.add(participantId);
    for (const path of this.all) {
      if (path instanceof MeshPath) path.listenerChanged(participantId);
      else if (path instanceof SfuPath && participantId === this.#options.selfId) path.setListening(canListen);
    }
  }

  participantJoined(participantId: string): void {
    this.#participants.add(participantId);
    for (const path of this.all) path.participantJoined(participantId);
    this.#deliverEarly();
  }

  participantLeft(participantId: string): void {
    this.#participants.delete(participantId);
    this.#deaf.delete(participantId);
    this.#producers = this.#producers.filter((producer) => producer.participantId !== participantId);
    this.#early = this.#early.filter(({ from }) => from !== participantId);
    for (const path of this.all) path.participantLeft(participantId);
  }

  signalingResumed(participantId?: string): void {
    for (const path of this.all) path.signalingResumed(participantId);
  }

  networkChanged(): void {
    for (const path of this.all) path.networkChanged();
  }

  receiveSignal(epoch: number, from: string, signal: MeshSignal): void {
    const path = this.#paths.get(epoch);
    if (path instanceof MeshPath && this.#participants.has(from)) path.receive(from, signal);
    else if (this.#early.length < MAX_EARLY_SIGNALS) this.#early.push({ epoch, from, signal });
  }

  producerAdded(producer: ProducerInfo): void {
    this.#producers.push(producer);
    const path = this.#paths.get(producer.epoch);
    if (path instanceof SfuPath) path.producerAdded(producer);
  }

  producerRemoved(producerId: string): void {
    this.#producers = this.#producers.filter((producer) => producer.producerId !== producerId);
    for (const path of this.all) if (path instanceof SfuPath) path.producerRemoved(producerId);
  }

  setSlots({ epoch, producerIds }: Slots): void {
    this.#slots.set(epoch, producerIds);
    const path = this.#paths.get(epoch);
    if (path instanceof SfuPath) path.setSlots(producerIds);
  }

  /** After a snapshot: these are the paths with slots, and the microphones there are. */
  setForwarding(slots: Slots[], producers: ProducerInfo[]): void {
    this.#slots = new Map(slots.map(({ epoch, producerIds }) => [epoch, producerIds]));
    this.#producers = producers;
    for (const path of this.all) {
      if (!(path instanceof SfuPath)) continue;
      path.setSlots(this.#slots.get(path.epoch) ?? []);
      path.setProducers(producers);
    }
  }

  /** The SFU has lost our transports on that path. */
  sfuLost(epoch: number): void {
    const path = this.#paths.get(epoch);
    if (path instanceof SfuPath) path.reopen();
  }

  close(): void {
    for (const path of this.all) path.close();
    this.#paths.clear();
    this.#early = [];
    this.removeAllListeners();
  }

  #deliverEarly(): void {
    const early = this.#early;
    this.#early = [];
    for (const { epoch, from, signal } of early) this.receiveSignal(epoch, from, signal);
  }
}
