import { type ErrorCode, ParleyError, type ServerEvent, type ServerEventName } from '@parley/shared/protocol';
import { type FakeClock, silentLogger } from '@parley/shared/runtime';
import type { Bus } from '../../cluster/bus.ts';
import { BusListeners } from '../../cluster/listeners.ts';
import type { BusMessage } from '../../cluster/messages.ts';
import type { UserStore } from '../../store/user-store.ts';
import type { LiveSession, Presence } from '../live-session.ts';
import { Sessions } from '../sessions.ts';
import type { User } from '../user.ts';

/** Buses of several nodes, on which messages wait until they are delivered. */
export class TestWire {
  readonly #nodes = new Map<string, BusListeners>();
  readonly waiting: { to: string; from: string; message: BusMessage }[] = [];

  bus(nodeId: string): Bus {
    const listeners = new BusListeners(silentLogger);
    this.#nodes.set(nodeId, listeners);
    return {
      nodeId,
      send: (to, message) => {
        if (to === nodeId) listeners.deliver(message, nodeId);
        else this.waiting.push({ to, from: nodeId, message });
      },
      publish: () => {},
      on: (type, listener) => listeners.on(type, listener),
      close: () => listeners.clear(),
    };
  }

  deliver(): void {
    for (const { to, from, message } of this.waiting.splice(0)) this.#nodes.get(to)?.deliver(message, from);
  }
}

/** A connection of nothing, which keeps what it is told. */
export class TestSession implements LiveSession {
  readonly id: string;
  readonly instance: string;
  readonly region = undefined;
  readonly told: string[] = [];
  presences: Presence[] = [];
  isOpen = true;
  user: User;
  #onGone: (session: TestSession) => void;

  constructor(id: string, instance: string, user: User, onGone: (session: TestSession) => void) {
    this.id = id;
    this.instance = instance;
    this.user = user;
    this.#onGone = onGone;
  }

  claim = () => true;
  disclaim = () => {};
  expect = () => {};
  enter = () => {};
  exit(roomId: string): void {
    this.presences = this.presences.filter((it) => it.roomId !== roomId);
  }
  tell<E extends ServerEventName>(name: E, _event: ServerEvent<E>): void {
    this.told.push(name);
  }
  renew(user: User): void {
    this.user = user;
  }
  shut(roomId: string, code: ErrorCode): void {
    this.exit(roomId);
    this.told.push(`room:closed ${roomId} ${code}`);
  }
  close(code: ErrorCode): void {
    this.told.push(`session:closed ${code}`);
    this.drop();
  }
  drop(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.told.push('gone');
    this.#onGone(this);
  }
}

export interface TestNode {
  sessions: Sessions;
  /** What rooms were asked for, in order. */
  asked: string[];
  connect(id: string, user: User, instance?: string, rooms?: string[]): Promise<TestSession>;
}

/** A node's sessions, its rooms a list of what they are asked. */
export function testNode(options: {
  nodeId: string;
  users: UserStore;
  wire: TestWire;
  clock: FakeClock;
  verify?: (token: string) => Promise<User>;
}): TestNode {
  const { nodeId, users, wire, clock, verify = async () => Promise.reject(new ParleyError('unauthorized')) } = options;
  const asked: string[] = [];
  const ask = (what: string) => async (_session: unknown, roomId: string) => void asked.push(`${what} ${roomId}`);
  const sessions: Sessions = new Sessions({
    users,
    rooms: {
      leave: ask('leave'),
      renew: ask('renew'),
      disconnect: async (roomId) => void asked.push(`disconnect ${roomId}`),
    },
    verify,
    bus: wire.bus(nodeId),
    clock,
    logger: silentLogger,
    warningMs: 60_000,
    resumeWindowMs: 30_000,
    reassertMs: 20_000,
    onEnded: () => {},
  });
  return {
    sessions,
    asked,
    async connect(id, user, instance = `instance-of-${id}`, rooms = []) {
      const session = new TestSession(id, instance, user, (it) => sessions.gone(it, it.presences));
      session.presences = rooms.map((roomId) => ({ roomId, memberId: `member-${id}` }));
      await sessions.opened(session, null);
      return session;
    },
  };
}
