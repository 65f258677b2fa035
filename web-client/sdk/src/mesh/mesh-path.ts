import type { MeshSignal } from '@parley/shared/protocol';
import { Emitter, type Logger } from '@parley/shared/runtime';
import type { IceConfiguration } from '../media/ice.ts';
import type { MediaPath, MediaPathEvents, Outgoing } from '../media/media-path.ts';
import { RemoteSource } from '../media/remote-source.ts';
import type { OpusOptions } from '../types.ts';
import { PeerLink } from './peer-link.ts';

export interface MeshPathOptions {
  epoch: number;
  selfId: string;
  participantIds: Iterable<string>;
  ice: IceConfiguration;
  opus: Required<OpusOptions>;
  outgoing: Outgoing;
  /** Who is sent nothing, since they may not listen; may change, see `listenerChanged`. */
  deaf: ReadonlySet<string>;
  /** Whether someone is there and talks, as far as anyone knows. */
  isTalking: (participantId: string) => boolean;
  send: (to: string, signal: MeshSignal) => Promise<void>;
  log: Logger;
}

/** A room's media peer to peer: one link to each other member. */
export class MeshPath implements MediaPath {
  readonly kind = 'mesh';
  readonly carrier = 'direct';
  readonly epoch: number;
  readonly events: Emitter<MediaPathEvents>;
  readonly #options: MeshPathOptions;
  readonly #links = new Map<string, PeerLink>();
  readonly #sources = new Map<string, RemoteSource>();
  #outgoing: Outgoing;

  constructor(options: MeshPathOptions) {
    this.#options = options;
    this.epoch = options.epoch;
    this.#outgoing = options.outgoing;
    this.events = new Emitter((error, event) => options.log.error('listener threw', { event, error }));
  }

  /** Begins to connect; apart from the constructor so that listeners are in place. */
  start(): void {
    for (const id of this.#options.participantIds) this.participantJoined(id);
  }

  /** A link carries both directions, so `isConnectedTo` says all there is to say. */
  readonly sendReady = true;

  get healthy(): boolean {
    return [...this.#links.values()].every((link) => link.healthy);
  }

  isConnectedTo(participantId: string): boolean {
    return this.#links.get(participantId)?.connected ?? false;
  }

  mayLeaveOut(): boolean {
    return false;
  }

  release(): void {}

  setOutgoing(outgoing: Outgoing): void {
    this.#outgoing = outgoing;
    for (const [id, link] of this.#links) link.setOutgoing(this.#outgoingTo(id));
  }

  listenerChanged(participantId: string): void {
    this.#links.get(participantId)?.setOutgoing(this.#outgoingTo(participantId));
  }

  participantJoined(participantId: string): void {
    const { selfId, ice, opus, log } = this.#options;
    if (participantId === selfId || this.#links.has(participantId)) return;
    const initiator = selfId > participantId;
    const link = new PeerLink({
      polite: !initiator,
      initiator,
      ice,
      opus,
      outgoing: this.#outgoingTo(participantId),
      isExpecting: () => !this.#options.deaf.has(selfId) && this.#options.isTalking(participantId),
      send: (signal) => this.#options.send(participantId, signal),
      log: log.child({ peer: participantId }),
    });
    this.#links.set(participantId, link);
    link.on('receiver', (receiver) => this.#onReceiver(participantId, receiver));
    link.on('stateChanged', () => this.events.emit('stateChanged'));
    link.on('unreachable', () => this.events.emit('unreachable', participantId));
    link.on('relayMissing', () => this.events.emit('relayMissing'));
    link.on('attempted', (attempt) => this.events.emit('attempted', attempt));
  }

  iceChanged(): void {
    for (const link of this.#links.values()) link.iceChanged();
  }

  participantLeft(participantId: string): void {
    this.#links.get(participantId)?.close();
    this.#links.delete(participantId);
    this.#dropSource(participantId);
    this.events.emit('stateChanged');
  }

  signalingResumed(participantId?: string): void {
    for (const [id, link] of this.#links) if (participantId === undefined || participantId === id) link.nudge();
  }

  networkChanged(): void {
    for (const link of this.#links.values()) link.networkChanged();
  }

  receive(from: string, signal: MeshSignal): void {
    this.#links.get(from)?.receive(signal);
  }

  senders(): RTCRtpSender[] {
    return [...this.#links.values()].flatMap((link) => link.sender ?? []);
  }

  close(): void {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.#sources.clear();
    this.events.removeAllListeners();
  }

  #outgoingTo(participantId: string): Outgoing {
    return this.#options.deaf.has(participantId) ? { ...this.#outgoing, muted: true } : this.#outgoing;
  }

  #onReceiver(participantId: string, receiver: RTCRtpReceiver): void {
    if (this.#sources.get(participantId)?.receiver === receiver) return;
    this.#dropSource(participantId);
    const source = new RemoteSource({ participantId, kind: this.kind, epoch: this.epoch, receiver });
    this.#sources.set(participantId, source);
    this.events.emit('sourceAdded', source);
  }

  #dropSource(participantId: string): void {
    const source = this.#sources.get(participantId);
    if (!source) return;
    this.#sources.delete(participantId);
    this.events.emit('sourceRemoved', source);
  }
}
