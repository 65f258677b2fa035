import type { NodeAddress } from '@parley/shared/control';
import { type Ack, ParleyError } from '@parley/shared/protocol';
import { Emitter, silentLogger, systemClock } from '@parley/shared/runtime';
import type { Holder } from '../rooms/holders.ts';
import { answer } from './answer.ts';
import type { FleetEventName, FleetInput, FleetOutput, FleetRequestName } from './contract.ts';
import type { Edges } from './edges.ts';
import type { FleetLink, FleetLinkEvents } from './link.ts';

/** A link without a network, to edges in this process: what goes each way arrives in order, after `delay`. */
export class FakeFleetLink implements FleetLink {
  readonly node: NodeAddress;
  readonly events = new Emitter<FleetLinkEvents>();
  readonly edges: Edges;
  readonly home: Holder;
  /** What was asked, in order. */
  readonly asked: { name: FleetRequestName; input: unknown }[] = [];
  /** Waited for with each message, by tests that decide in which order things happen. */
  delay: () => Promise<void> = async () => {};
  #gone = new AbortController();
  #isUp = false;
  /** Settles when everything before it has arrived. */
  #there: Promise<void> = Promise.resolve();
  #back: Promise<void> = Promise.resolve();
  readonly #answering = new Set<Promise<unknown>>();

  constructor(options: { node: NodeAddress; edges: Edges; home: Holder }) {
    this.node = options.node;
    this.edges = options.edges;
    this.home = options.home;
    this.#gone.abort();
    const { edges } = this;
    edges.on('ended', (_home, id, reason) => this.#tell('edge:closed', { ...id, reason }));
    edges.on('peersLost', (_home, id, peerIds) => this.#tell('peers:lost', { ...id, peerIds }));
    edges.on('producerEnded', (_home, id, peerId, producerId) =>
      this.#tell('producer:closed', { ...id, peerId, producerId }),
    );
    edges.on('levels', (_home, id, levels) => this.#tell('edge:levels', { ...id, levels }));
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  async request<R extends FleetRequestName>(name: R, input: FleetInput<R>): Promise<FleetOutput<R>> {
    if (!this.#isUp) throw unreachable();
    this.asked.push({ name, input });
    return this.#ask(name, input);
  }

  /** Connects, or connects again. */
  async mend(): Promise<void> {
    if (!this.#gone.signal.aborted) return;
    this.#gone = new AbortController();
    const { signal } = this.#gone;
    this.edges.handleLinked(this.home);
    // As the server does: what was asked before is undone first.
    await Promise.allSettled([...this.#answering]);
    if (signal.aborted) return;
    const { edges } = await this.#ask('link:hello', {});
    if (signal.aborted) return;
    this.#isUp = true;
    this.events.emit('up', edges);
  }

  /** What is on the way is lost, either way. */
  cut(): void {
    if (this.#gone.signal.aborted) return;
    const wasUp = this.#isUp;
    this.#isUp = false;
    this.#gone.abort();
    this.edges.handleUnlinked(this.home);
    if (wasUp) this.events.emit('down');
  }

  /** The node is given up. */
  lose(): void {
    this.cut();
    this.events.emit('lost');
    this.close();
  }

  close(): void {
    this.cut();
    this.events.removeAllListeners();
  }

  async #ask<R extends FleetRequestName>(name: R, input: FleetInput<R>): Promise<FleetOutput<R>> {
    const { signal } = this.#gone;
    return new Promise<FleetOutput<R>>((resolve, reject) => {
      const fail = () => reject(unreachable());
      signal.addEventListener('abort', fail, { once: true });
      this.#there = this.#there.then(this.delay).then(() => {
        if (signal.aborted) return;
        const answering = this.#answer(name, input, signal).then((ack) => {
          this.#answering.delete(answering);
          this.#back = this.#back.then(this.delay).then(() => {
            if (signal.aborted) return;
            signal.removeEventListener('abort', fail);
            if (ack.ok) resolve(ack.data as FleetOutput<R>);
            else reject(ParleyError.fromWire(ack.error));
          });
        });
        this.#answering.add(answering);
      });
    });
  }

  async #answer(name: string, input: unknown, gone: AbortSignal): Promise<Ack<unknown>> {
    const { edges, home, node } = this;
    const wire = JSON.parse(JSON.stringify(input)) as unknown;
    const options = { timeoutMs: 60_000, clock: systemClock, log: silentLogger };
    const ack = await answer({ nodeId: node.nodeId, edges, home, gone }, name, wire, options);
    return JSON.parse(JSON.stringify(ack)) as Ack<unknown>;
  }

  #tell<E extends FleetEventName>(name: E, ...event: FleetLinkEvents[E]): void {
    const { signal } = this.#gone;
    this.#back = this.#back.then(this.delay).then(() => {
      if (!signal.aborted && this.#isUp) this.events.emit(name, ...event);
    });
  }
}

const unreachable = () => new ParleyError('sfu_unavailable', 'The other media server is out of reach.');
