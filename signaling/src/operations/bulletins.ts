import type { OperationsView } from '@parley/shared/operations';
import type { QualityReport } from '@parley/shared/protocol';
import { byCodeUnit, type Clock, type Timer } from '@parley/shared/runtime';
import type { Bus } from '../cluster/bus.ts';
import type { BusMessageOf } from '../cluster/messages.ts';
import type { Nodes } from '../cluster/nodes.ts';
import { History, STRETCH_MS, Tally } from './news.ts';

/** How often each node says how it is and what it has heard of quality. */
const BULLETIN_MS = 5_000;

export interface BulletinsOptions {
  bus: Bus;
  nodes: Nodes;
  /** How many clients, and participants of rooms, are at this node. */
  census: () => { connections: number; participants: number };
  clock: Clock;
}

type SignalingNode = OperationsView['signalingNodes'][number];

/** Nodes tell each other how they are, so that each can show an operator all of it. */
export class Bulletins {
  readonly #options: BulletinsOptions;
  readonly #tally = new Tally();
  readonly #history = new History();
  /** The last bulletin of each node that lives. */
  readonly #last = new Map<string, BusMessageOf<'bulletin'>>();
  #stopListening: () => void = () => {};
  #timer: Timer | undefined;

  constructor(options: BulletinsOptions) {
    this.#options = options;
  }

  /** Begins to tell. @param isHeard whether this node keeps what it hears, for operators who come to it */
  open(isHeard: boolean): void {
    const { bus, clock } = this.#options;
    this.#next();
    if (!isHeard) return;
    this.#stopListening = bus.on('bulletin', (bulletin, from) => {
      this.#last.set(from, bulletin);
      this.#history.take(bulletin, clock.now());
    });
  }

  reported(report: QualityReport): void {
    this.#tally.reported(report);
  }

  /** Every signaling node there is, in the order of their names. */
  nodes(): SignalingNode[] {
    const { bus, nodes, census } = this.#options;
    const alive = nodes.list().map(({ nodeId }) => nodeId);
    return alive.sort(byCodeUnit).map((nodeId) => {
      const { connections = null, participants = null } =
        nodeId === bus.nodeId ? census() : (this.#last.get(nodeId) ?? {});
      return { nodeId, connections, participants };
    });
  }

  quality(): OperationsView['quality'] {
    return { stretchMs: STRETCH_MS, points: this.#history.points(this.#options.clock.now()) };
  }

  silences(): OperationsView['silences'] {
    return this.#history.silences(this.#options.clock.now());
  }

  close(): void {
    this.#options.clock.cancel(this.#timer);
    this.#stopListening();
  }

  #next(): void {
    const { bus, nodes, census, clock } = this.#options;
    this.#timer = clock.after(BULLETIN_MS, () => {
      for (const nodeId of this.#last.keys()) if (!nodes.isAlive(nodeId)) this.#last.delete(nodeId);
      bus.publish({ type: 'bulletin', ...census(), ...this.#tally.take() });
      this.#next();
    });
  }
}
