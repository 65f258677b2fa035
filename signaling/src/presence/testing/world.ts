import { FakeClock, silentLogger } from '@parley/shared/runtime';
import type { Bus, BusListener } from '../../cluster/bus.ts';
import { BusListeners } from '../../cluster/listeners.ts';
import type { BusMessage } from '../../cluster/messages.ts';
import { MemoryPresenceStore } from '../../store/memory/presence-store.ts';
import type { PresenceStore, PresenceWrite, StoredPresence } from '../../store/presence-store.ts';
import type { PresenceAudience, PresenceChanged } from '../audience.ts';
import { Presence } from '../presence.ts';

export const GRACE_MS = 10_000;
export const INTERVAL_MS = 500;

/** One process of a node. */
class Node implements PresenceAudience {
  readonly presence: Presence;
  readonly listeners = new BusListeners(silentLogger);
  /** Connection -> what it was told. */
  readonly told = new Map<string, PresenceChanged[]>();
  readonly admitted = new Set<string>();
  repairs = 0;

  constructor(world: World, nodeId: string) {
    const bus: Bus = {
      nodeId,
      send: () => {},
      publish: (message) => world.publish(nodeId, message),
      on: <T extends BusMessage['type']>(type: T, listener: BusListener<T>) => this.listeners.on(type, listener),
      close: () => {},
    };
    this.presence = new Presence({
      isOn: true,
      audience: this,
      bus,
      store: world.store,
      clock: world.clock,
      logger: silentLogger,
      newId: () => world.newId(),
      intervalMs: INTERVAL_MS,
      graceMs: GRACE_MS,
      onRepair: () => this.repairs++,
    });
  }

  tell(connectionId: string, event: PresenceChanged): void {
    this.told.set(connectionId, [...(this.told.get(connectionId) ?? []), event]);
  }

  admit(connectionId: string): void {
    this.admitted.add(connectionId);
  }

  dismiss(connectionId: string): void {
    this.admitted.delete(connectionId);
  }

  tellAll(event: PresenceChanged): void {
    for (const connectionId of this.admitted) this.tell(connectionId, event);
  }
}

/** Out of reach when told so; forgets when told so. */
class FaultyStore implements PresenceStore {
  isDown = false;
  #kept = new MemoryPresenceStore();

  async write(nodeId: string, write: PresenceWrite): Promise<boolean> {
    return this.#reach().write(nodeId, write);
  }

  async replace(nodeId: string, presence: StoredPresence): Promise<void> {
    return this.#reach().replace(nodeId, presence);
  }

  async read(nodeId: string): Promise<StoredPresence | null> {
    return this.#reach().read(nodeId);
  }

  flush(): void {
    this.#kept = new MemoryPresenceStore();
  }

  #reach(): PresenceStore {
    if (this.isDown) throw new Error('out of reach');
    return this.#kept;
  }
}

/** Nodes, what is between them, and what goes wrong there; with the truth to compare with. */
export class World {
  readonly clock = new FakeClock();
  readonly store = new FaultyStore();
  readonly nodes = new Map<string, Node>();
  /** Live connections: the truth. */
  readonly connections = new Map<string, { nodeId: string; userId: string; rooms: Set<string> }>();
  /** Whether a message gets lost. */
  loses = () => false;
  #ids = 0;

  newId(): string {
    return `id-${++this.#ids}`;
  }

  node(nodeId: string): Node {
    const node = this.nodes.get(nodeId);
    if (!node) throw new Error(`${nodeId} does not run`);
    return node;
  }

  start(nodeId: string): Node {
    const node = new Node(this, nodeId);
    this.nodes.set(nodeId, node);
    for (const [other, { presence }] of this.nodes) {
      if (other === nodeId) continue;
      presence.nodeUp(nodeId);
      node.presence.nodeUp(other);
    }
    return node;
  }

  /** @param isNoticed whether the others find out, rather than see it restart */
  kill(nodeId: string, isNoticed = true): void {
    this.node(nodeId).presence.close();
    this.nodes.delete(nodeId);
    for (const [id, connection] of this.connections) if (connection.nodeId === nodeId) this.connections.delete(id);
    if (isNoticed) for (const { presence } of this.nodes.values()) presence.nodeDown(nodeId);
  }

  publish(from: string, message: BusMessage): void {
    for (const [nodeId, node] of this.nodes) {
      if (nodeId === from || !this.loses()) node.listeners.deliver(structuredClone(message), from);
    }
  }

  connect(nodeId: string, userId: string, ...rooms: string[]): string {
    const id = this.newId();
    this.connections.set(id, { nodeId, userId, rooms: new Set() });
    this.node(nodeId).presence.connected(id, userId);
    for (const room of rooms) this.enter(id, room);
    return id;
  }

  enter(id: string, room: string): void {
    const { nodeId, rooms } = this.#connection(id);
    rooms.add(room);
    this.node(nodeId).presence.entered(id, room);
  }

  exit(id: string, room: string): void {
    const { nodeId, rooms } = this.#connection(id);
    rooms.delete(room);
    this.node(nodeId).presence.exited(id, room);
  }

  end(id: string, how: 'dropped' | 'goodbye'): void {
    const { nodeId } = this.#connection(id);
    this.connections.delete(id);
    this.node(nodeId).presence.disconnected(id, how === 'dropped');
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      this.clock.advance(Math.min(50, left));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** User -> rooms. */
  get truth(): Record<string, string[]> {
    const all: Record<string, Set<string>> = {};
    for (const { userId, rooms } of this.connections.values()) {
      all[userId] = new Set([...(all[userId] ?? []), ...rooms]);
    }
    return sorted(Object.entries(all).map(([userId, rooms]) => [userId, [...rooms].sort()]));
  }

  /** What a node would answer to someone who asks now. */
  seenBy(nodeId: string): Record<string, string[]> {
    const { users } = this.node(nodeId).presence.watch(this.newId(), undefined);
    return sorted(users.map(({ userId, rooms }) => [userId, rooms]));
  }

  #connection(id: string) {
    const connection = this.connections.get(id);
    if (!connection) throw new Error(`no connection ${id}`);
    return connection;
  }
}

function sorted(entries: [string, string[]][]): Record<string, string[]> {
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
