import assert from 'node:assert/strict';
import {
  type MatchStanding,
  type MatchWishes,
  ParleyError,
  parse,
  SERVER_EVENTS,
  type ServerEvent,
  type ServerEventName,
} from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import type { Bus } from '../../cluster/bus.ts';
import { MemoryBus } from '../../cluster/memory-bus.ts';
import { guest, type User } from '../../identity/user.ts';
import { MemoryBlockStore } from '../../store/memory/block-store.ts';
import { MemoryTicketStore } from '../../store/memory/ticket-store.ts';
import { SessionTokens } from '../../tokens/session-tokens.ts';
import { Matching } from '../matching.ts';
import { DEFAULT_MATCH_SETTINGS } from '../settings.ts';
import { wishes } from './queue.ts';

interface Node {
  matching: Matching;
  bus: MemoryBus;
  dead: boolean;
}

/** Nodes that share a store and a bus which can fail, and people who are connected to them. */
export class Town {
  readonly clock = new FakeClock();
  readonly blocks = new MemoryBlockStore();
  readonly counted: Record<string, number> = {};
  busWorks = true;
  storeWorks = true;
  readonly #nodes = new Map<string, Node>();
  #ids = 0;
  #store = this.#newStore();

  node(id: string): Node {
    const there = this.#nodes.get(id);
    if (there) return there;
    const bus = new MemoryBus(id, silentLogger);
    const matching = new Matching({
      tickets: {
        apply: async (...args) => this.#reached.apply(...args),
        modes: async () => this.#reached.modes(),
      },
      blocks: this.blocks,
      passes: new SessionTokens({ secret: 'a secret', clock: this.clock, lifetimeMs: 1_000_000 }),
      bus: this.#carrier(bus),
      clock: this.clock,
      logger: silentLogger,
    });
    for (const event of ['cancelled', 'requeued', 'expired', 'gone', 'matched'] as const) {
      if (event !== 'gone' && event !== 'cancelled') matching.events.on(event, () => this.#count(event, 1));
    }
    matching.events.on('swept', (kind, count) => this.#count(`swept ${kind}`, count));
    const node = { matching, bus, dead: false };
    this.#nodes.set(id, node);
    return node;
  }

  person(name: string, nodeId = 'a', of: Partial<User> = {}): Person {
    return new Person(this, { ...guest(name), id: name, ...of }, nodeId);
  }

  newId(): string {
    return `id-${this.#ids++}`;
  }

  /** SIGKILL. */
  kill(id: string): void {
    const node = this.node(id);
    node.matching.upkeep.close();
    node.dead = true;
  }

  /** FLUSHALL. */
  flush(): void {
    this.#store = this.#newStore();
  }

  /** Time passes in steps, and what it brings is awaited. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      this.clock.advance(Math.min(500, left));
      await settle();
    }
  }

  get #reached(): MemoryTicketStore {
    if (!this.storeWorks) throw new ParleyError('store_unavailable');
    return this.#store;
  }

  #newStore(): MemoryTicketStore {
    const newId = () => this.newId();
    return new MemoryTicketStore({ settings: DEFAULT_MATCH_SETTINGS, random: () => 0.5, newId });
  }

  #carrier(own: MemoryBus): Bus {
    return {
      nodeId: own.nodeId,
      send: (nodeId, message) => {
        const node = this.#nodes.get(nodeId);
        if (this.busWorks && node && !node.dead) node.bus.publish(message);
      },
      publish: (message) => own.publish(message),
      on: (type, listener) => own.on(type, listener),
      close: () => own.close(),
    };
  }

  #count(what: string, by: number): void {
    this.counted[what] = (this.counted[what] ?? 0) + by;
  }
}

/** Someone with one connection, who hears what a client would. */
export class Person {
  readonly user: User;
  ticketId = '';
  readonly heard: string[] = [];
  readonly #town: Town;
  readonly #events: { name: ServerEventName; event: unknown }[] = [];
  #nodeId: string;
  #wishes: MatchWishes = wishes();
  #session: { id: string; isOpen: boolean };

  constructor(town: Town, user: User, nodeId: string) {
    this.#town = town;
    this.user = user;
    this.#nodeId = nodeId;
    this.#session = { id: town.newId(), isOpen: true };
  }

  queue(some: Partial<MatchWishes> = {}): Promise<MatchStanding> {
    this.ticketId = `ticket-${this.#town.newId()}`;
    this.#wishes = wishes(some);
    return this.queueAgain();
  }

  queueAgain(): Promise<MatchStanding> {
    return this.#matchmaker.enqueue(this.#waiter, this.ticketId, this.#wishes);
  }

  confirm(): Promise<void> {
    return this.confirmMatch(this.last('match:found').matchId);
  }

  confirmMatch(matchId: string): Promise<void> {
    return this.#matchmaker.confirm(this.#waiter, matchId);
  }

  cancel(): Promise<void> {
    return this.#matchmaker.cancel(this.#waiter, this.ticketId);
  }

  block(userId: string): Promise<void> {
    return this.#matchmaker.block(this.#waiter, userId);
  }

  drop(): void {
    this.#session.isOpen = false;
    this.#matchmaker.disconnected(this.#session.id);
  }

  comeBack(nodeId: string): void {
    this.#nodeId = nodeId;
    this.#session = { id: this.#town.newId(), isOpen: true };
  }

  last<E extends ServerEventName>(name: E): ServerEvent<E> {
    const found = this.#events.findLast((it) => it.name === name);
    assert.ok(found, `${this.user.id} never heard ${name}`);
    return found.event as ServerEvent<E>;
  }

  get #matchmaker() {
    return this.#town.node(this.#nodeId).matching.matchmaker;
  }

  get #waiter() {
    const session = this.#session;
    return {
      id: session.id,
      user: this.user,
      get isOpen() {
        return session.isOpen;
      },
      tell: <E extends ServerEventName>(name: E, event: ServerEvent<E>) => {
        if (!session.isOpen) return;
        assert.deepEqual(parse(SERVER_EVENTS[name], event), event);
        this.heard.push(name);
        this.#events.push({ name, event });
      },
    };
  }
}

/** Lets everything go as far as it can without time passing. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
