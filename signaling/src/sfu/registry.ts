import type { ControlInput, ControlOutput, ControlRequestName, NodeState, SfuRoomState } from '@parley/shared/control';
import { ParleyError } from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger } from '@parley/shared/runtime';
import type { SfuHandle } from '../rooms/index.ts';
import { ControlLink, type ControlLinkOptions } from './control-link.ts';
import { chooseNode } from './placement.ts';
import type { SfuEvents, SfuNodes, Wishes } from './sfu.ts';

export interface SfuRegistryOptions extends Omit<ControlLinkOptions, 'url'> {
  urls: readonly string[];
  /** How long a request that needs a node waits for its link to come up. */
  linkWaitMs: number;
}

/** The SFU nodes of the configuration, one control link each. */
export class SfuRegistry implements SfuNodes {
  readonly events = new Emitter<SfuEvents>();
  #links: ControlLink[];
  #clock: Clock;
  #logger: Logger;
  #linkWaitMs: number;
  #waiting = new Set<() => void>();

  constructor({ urls, linkWaitMs, ...options }: SfuRegistryOptions) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#linkWaitMs = linkWaitMs;
    this.#links = urls.map((url) => new ControlLink({ ...options, url }));
    for (const link of this.#links) this.#watch(link);
  }

  states(): NodeState[] {
    return this.#links.flatMap(({ state }) => (state ? [state] : []));
  }

  async open(sfuRoomId: string, { not = new Set() }: Wishes = {}): Promise<SfuHandle> {
    if (this.#links.length === 0) throw new ParleyError('sfu_unavailable');
    const tried = new Set<string>();
    for (;;) {
      const choose = () => chooseNode(this.states().filter(({ nodeId }) => !tried.has(nodeId) && !not.has(nodeId)));
      const node = tried.size === 0 ? await this.#waitFor(choose) : choose();
      if (!node) throw new ParleyError('sfu_unavailable');
      tried.add(node.nodeId);
      try {
        await this.request(node.nodeId, 'room:open', { sfuRoomId });
        return { sfuRoomId, nodeId: node.nodeId };
      } catch (error) {
        this.#logger.warn('sfu room not opened', { sfuNodeId: node.nodeId, error });
        // It may have opened all the same, with only the answer lost.
        this.request(node.nodeId, 'room:close', { sfuRoomId }).catch(() => {});
      }
    }
  }

  async adopt({ nodeId, sfuRoomId }: SfuHandle): Promise<SfuRoomState> {
    const link = await this.#waitFor(() => this.#link(nodeId));
    if (!link) throw new ParleyError('sfu_unavailable');
    return link.request('room:adopt', { sfuRoomId });
  }

  async request<R extends ControlRequestName>(
    nodeId: string,
    name: R,
    input: ControlInput<R>,
  ): Promise<ControlOutput<R>> {
    const link = this.#link(nodeId);
    if (!link) throw new ParleyError('sfu_unavailable');
    return link.request(name, input);
  }

  close(): void {
    for (const link of this.#links) link.close();
    for (const wake of [...this.#waiting]) wake();
    this.events.removeAllListeners();
  }

  #link(nodeId: string): ControlLink | undefined {
    return this.#links.find(({ state }) => state?.nodeId === nodeId);
  }

  #watch(link: ControlLink): void {
    link.events.on('up', ({ nodeId }) => {
      for (const wake of [...this.#waiting]) wake();
      this.events.emit('nodeUp', nodeId);
    });
    link.events.on('lost', (nodeId) => this.events.emit('nodeLost', nodeId));
    link.events.on('roomClosed', (closed) => {
      if (link.nodeId !== null) this.events.emit('roomClosed', { ...closed, nodeId: link.nodeId });
    });
    link.events.on('producerClosed', (closed) => this.events.emit('producerClosed', closed));
    link.events.on('forwarding', (changed) => this.events.emit('forwarding', changed));
    link.events.on('peersLost', (lost) => this.events.emit('peersLost', lost));
    link.events.on('draining', (nodeId) => this.events.emit('nodeDraining', nodeId));
  }

  /** What `find` finds, now or as soon as a link has come up; undefined when that takes too long. */
  #waitFor<T>(find: () => T | undefined): Promise<T | undefined> {
    const found = find();
    if (found || this.#links.every(({ state }) => state)) return Promise.resolve(found);
    return new Promise((resolve) => {
      const end = (value: T | undefined) => {
        this.#waiting.delete(wake);
        this.#clock.cancel(timer);
        resolve(value);
      };
      const wake = () => {
        const value = find();
        if (value || this.#links.every(({ state }) => state)) end(value);
      };
      const timer = this.#clock.after(this.#linkWaitMs, () => end(find()));
      this.#waiting.add(wake);
    });
  }
}
