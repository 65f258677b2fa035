import type {
  ControlInput,
  ControlOutput,
  ControlRequestName,
  NodeAddress,
  SfuRoomState,
} from '@parley/shared/control';
import { ParleyError } from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger } from '@parley/shared/runtime';
import type { SfuHandle } from '../rooms/index.ts';
import { ControlLink, type ControlLinkOptions } from './control-link.ts';
import { chooseNode, choosePlace } from './placement.ts';
import { Reservations } from './reservations.ts';
import type { SfuEvents, SfuNode, SfuNodes, Wishes } from './sfu.ts';

export interface SfuRegistryOptions extends Omit<ControlLinkOptions, 'url'> {
  /** Of nodes that are there for good; others come and go by `follow`. */
  urls: readonly string[];
  /** Whether there will be others: until the first of `follow`, who looks for a node waits. */
  isFollowing: boolean;
  /** Where this signaling node is; its clients are taken to be there too, unless they say otherwise. */
  region: string;
  /** How long a request that needs a node waits for its link to come up. */
  linkWaitMs: number;
}

/** Looks in a row that a node out of reach may be missing from where nodes register, before it is taken for dead. */
const MISSED_LOOKS = 2;

interface Entry {
  link: ControlLink;
  /** Listed in the settings: looked for as long as we are there. */
  isListed: boolean;
  /** How often in a row it was not registered when we looked. */
  missed: number;
  /** Its turn among all the times a link came up, when it last did; 0: never. A clock has no order within a millisecond. */
  upTurn: number;
}

/** The SFU nodes there are, one control link each. */
export class SfuRegistry implements SfuNodes {
  readonly events = new Emitter<SfuEvents>();
  readonly #options: SfuRegistryOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #reservations: Reservations;
  /** By URL. */
  readonly #entries = new Map<string, Entry>();
  readonly #waiting = new Set<() => void>();
  #knowsAll: boolean;
  #upTurns = 0;
  #closed = false;

  constructor(options: SfuRegistryOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#reservations = new Reservations(options.clock);
    this.#knowsAll = !options.isFollowing;
    for (const url of options.urls) this.#add(url, true);
  }

  /**
   * The nodes that are registered now. One that is no longer there keeps its link while that is up: where nodes register is
   * where they meet, not what they depend on. Out of reach as well as gone from there, it is lost.
   */
  follow(registered: readonly NodeAddress[]): void {
    if (this.#closed) return;
    const urls = new Set(registered.map(({ url }) => new URL(url).href));
    for (const { nodeId, url } of registered) {
      // It may be listed under another name of its host.
      if (!this.#entries.has(new URL(url).href) && !this.#link(nodeId)) this.#add(url, false);
    }
    for (const [url, entry] of this.#entries) {
      entry.missed = urls.has(url) || entry.link.state ? 0 : entry.missed + 1;
      if (entry.isListed || entry.missed < MISSED_LOOKS) continue;
      this.#entries.delete(url);
      entry.link.giveUp();
      entry.link.close();
    }
    this.#knowsAll = true;
    this.#wake();
  }

  states(): SfuNode[] {
    const firsts = new Map<string, Entry>();
    for (const entry of this.#entries.values()) {
      const { nodeId } = entry.link.state ?? {};
      if (nodeId !== undefined && isFirst(entry, firsts.get(nodeId))) firsts.set(nodeId, entry);
    }
    return [...firsts.values()].flatMap(({ link: { state, upSince } }) =>
      state && upSince !== null ? { ...state, since: upSince } : [],
    );
  }

  async open(sfuRoomId: string, { not = new Set(), region }: Wishes = {}): Promise<SfuHandle> {
    const tried = new Set<string>(not);
    const choose = () => {
      const nodes = this.states().filter(({ nodeId }) => !tried.has(nodeId));
      return chooseNode(this.#reservations.onTop(nodes), region || this.#options.region);
    };
    for (;;) {
      const node = tried.size === not.size ? await this.#waitFor(choose) : choose();
      if (!node) throw new ParleyError('sfu_unavailable');
      const { nodeId } = node;
      tried.add(nodeId);
      this.#reservations.addRoom(nodeId);
      try {
        await this.request(nodeId, 'room:open', { sfuRoomId });
        return { sfuRoomId, nodeId };
      } catch (error) {
        this.#logger.warn('sfu room not opened', { sfuNodeId: nodeId, error });
        // It may have opened all the same, with only the answer lost.
        this.request(nodeId, 'room:close', { sfuRoomId }).catch(() => {});
      }
    }
  }

  async adopt({ nodeId, sfuRoomId }: SfuHandle): Promise<SfuRoomState> {
    const link = await this.#waitFor(() => this.#link(nodeId));
    if (!link) throw new ParleyError('sfu_unavailable');
    return link.request('room:adopt', { sfuRoomId });
  }

  placeFor({ sfuRoomId, nodeId: homeId }: SfuHandle, region?: string): NodeAddress | undefined {
    const newcomer = { sfuRoomId, homeId, region: region || this.#options.region };
    const place = choosePlace(this.#reservations.onTop(this.states()), newcomer);
    this.#reservations.addPeer(place?.nodeId ?? homeId);
    return place;
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
    this.#closed = true;
    for (const { link } of this.#entries.values()) link.close();
    this.#entries.clear();
    this.#knowsAll = true;
    this.#wake();
    this.events.removeAllListeners();
  }

  /** The link to a node in reach: of several that say they are it, the one that has for the longest time. */
  #link(nodeId: string): ControlLink | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.link.state?.nodeId === nodeId && isFirst(entry, first)) first = entry;
    }
    return first?.link;
  }

  #add(url: string, isListed: boolean): void {
    const link = new ControlLink({ ...this.#options, url });
    const entry: Entry = { link, isListed, missed: 0, upTurn: 0 };
    this.#entries.set(new URL(url).href, entry);
    this.#watch(entry);
  }

  #watch(entry: Entry): void {
    const { link } = entry;
    link.events.on('up', ({ nodeId }) => {
      entry.upTurn = ++this.#upTurns;
      for (const { link: other } of this.#entries.values()) {
        if (other === link || other.nodeId !== nodeId) continue;
        if (other.state) this.#logger.warn('sfu node found twice', { sfuNodeId: nodeId, urls: [link.url, other.url] });
        // It has moved, or was started anew: that it is up tells what became of its rooms.
        else other.forget();
      }
      this.#wake();
      this.events.emit('nodeUp', nodeId);
    });
    link.events.on('down', () => {
      const { nodeId } = link;
      if (nodeId === null || !this.#link(nodeId)) return;
      // Found elsewhere while this link was still believed in: what became of its rooms is seen to there.
      link.forget();
      this.events.emit('nodeUp', nodeId);
    });
    link.events.on('lost', (nodeId) => {
      if (!this.#link(nodeId)) this.events.emit('nodeLost', nodeId);
    });
    /** News of rooms: heard from the node that has them. */
    const hear = (handle: (nodeId: string) => void) => {
      if (link.nodeId !== null && this.#link(link.nodeId) === link) handle(link.nodeId);
    };
    link.events.on('roomClosed', (closed) => hear((nodeId) => this.events.emit('roomClosed', { ...closed, nodeId })));
    link.events.on('producerClosed', (closed) => hear(() => this.events.emit('producerClosed', closed)));
    link.events.on('forwarding', (changed) => hear(() => this.events.emit('forwarding', changed)));
    link.events.on('peersLost', (lost) => hear(() => this.events.emit('peersLost', lost)));
    link.events.on('draining', () => hear((nodeId) => this.events.emit('nodeDraining', nodeId)));
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  get #isComplete(): boolean {
    return this.#knowsAll && [...this.#entries.values()].every(({ link }) => link.state);
  }

  /** What `find` finds, now or as soon as a link has come up; undefined when that takes too long. */
  #waitFor<T>(find: () => T | undefined): Promise<T | undefined> {
    const found = find();
    if (found || this.#isComplete) return Promise.resolve(found);
    return new Promise((resolve) => {
      const end = (value: T | undefined) => {
        this.#waiting.delete(wake);
        this.#clock.cancel(timer);
        resolve(value);
      };
      const wake = () => {
        const value = find();
        if (value || this.#isComplete) end(value);
      };
      const timer = this.#clock.after(this.#options.linkWaitMs, () => end(find()));
      this.#waiting.add(wake);
    });
  }
}

const isFirst = ({ upTurn }: Entry, other: Entry | undefined): boolean => !other || upTurn < other.upTurn;
