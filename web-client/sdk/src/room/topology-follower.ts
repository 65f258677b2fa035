import type { Topology } from '@parley/shared/protocol';
import type { Logger } from '@parley/shared/runtime';
import type { Playback } from '../playback/playback.ts';
import type { HandoverReport, Participant, TopologyKind } from '../types.ts';
import { Handover } from './handover.ts';
import type { Paths } from './paths.ts';

export interface TopologyFollowerOptions {
  paths: Paths;
  playback: Playback;
  others: () => Participant[];
  /** Tells signaling that everyone is heard on the path `epoch`. */
  sayReady: (epoch: number) => Promise<unknown>;
  onSettled: () => void;
  onReport: (report: HandoverReport) => void;
  onKindChanged: (kind: TopologyKind, epoch: number) => void;
  log: Logger;
}

/** Does what a room's topology asks of a client: opens the next path, moves over, says so, closes the old. */
export class TopologyFollower {
  readonly #options: TopologyFollowerOptions;
  readonly #handover: Handover;
  #topology: Topology | null = null;
  #token = '';

  constructor(options: TopologyFollowerOptions) {
    const { paths, playback, others, onReport, onSettled, log } = options;
    this.#options = options;
    this.#handover = new Handover({
      playback,
      others,
      onSettled: () => {
        this.#sayReady();
        onSettled();
      },
      onReport,
      log,
    });
    paths.on('carrierChanged', (path) => this.#handover.carrierChanged(path));
  }

  get kind(): TopologyKind {
    return this.#topology?.active.kind ?? 'mesh';
  }

  get epoch(): number {
    return this.#topology?.epoch ?? 0;
  }

  get activeEpoch(): number {
    return this.#topology?.active.epoch ?? 0;
  }

  /** The newest topology, signed by the server: what a resume brings along. */
  get token(): string {
    return this.#token;
  }

  /** @param reportMove false where a move is called off: the way back is no handover. */
  follow(topology: Topology, token: string, reportMove: boolean): void {
    const before = this.#topology;
    if (before && topology.epoch < before.epoch) return;
    this.#topology = topology;
    this.#token = token;
    const { paths, playback, onKindChanged } = this.#options;
    const target = paths.ensure(topology.next ?? topology.active);
    const previous = before && (before.next ?? before.active);
    this.#handover.begin(target, reportMove ? (previous?.kind ?? null) : null);
    const current = new Set([topology.active.epoch, target.epoch]);
    for (const epoch of paths.closeAllBut(current)) playback.removePath(epoch);
    // Said already, perhaps; but the answer, or the server that heard it, may be lost.
    this.#sayReady();
    if (before && before.active.kind !== topology.active.kind) onKindChanged(topology.active.kind, topology.epoch);
  }

  /** Another membership begins: epochs count anew. */
  forget(): void {
    this.#handover.close();
    this.#topology = null;
    this.#token = '';
  }

  close(): void {
    this.#handover.close();
  }

  #sayReady(): void {
    const next = this.#topology?.next;
    if (!next || !this.#handover.isSettledOn(next.epoch)) return;
    this.#options.sayReady(next.epoch).catch((error) => this.#options.log.warn('ready not said', { error }));
  }
}
