import {
  CONTROL_EVENTS,
  CONTROL_NAMESPACE,
  CONTROL_REQUESTS,
  type ControlClientToServerEvents,
  type ControlEvent,
  type ControlEventName,
  type ControlInput,
  type ControlOutput,
  type ControlRequestName,
  type ControlServerToClientEvents,
  LinkCaller,
  type LinkProof,
  type NodeState,
} from '@parley/shared/control';
import { type Ack, ParleyError, parse } from '@parley/shared/protocol';
import { type Clock, Emitter, failWhenCut, type Logger, randomId, type Timer } from '@parley/shared/runtime';
import { io, type Socket } from 'socket.io-client';

export type ControlLinkEvents = {
  /** Connected, and the node has said who it is. */
  up: [state: NodeState];
  /** Out of reach, for now. */
  down: [];
  /** Out of reach for too long, or another node answers in its place. */
  lost: [nodeId: string];
  /** The node has begun to drain, or does so since before the link was up. */
  draining: [nodeId: string];
  roomClosed: [closed: { sfuRoomId: string; reason: string }];
  producerClosed: [closed: { sfuRoomId: string; peerId: string; producerId: string }];
  forwarding: [changed: ControlEvent<'room:forwarding'>];
  peersLost: [lost: ControlEvent<'peer:lost'>];
};

export interface ControlLinkOptions {
  url: string;
  /** Of this signaling node: it holds the leases. */
  nodeId: string;
  secret: string;
  clock: Clock;
  logger: Logger;
  requestTimeoutMs: number;
  /** How long a dropped link is given: the node goes on forwarding meanwhile. */
  graceMs: number;
  /** The same once its host refuses connections: then the process is gone, and its workers with it. */
  refusedGraceMs: number;
}

/** Of this process: after a restart, rooms are held only once they have been taken over. */
const INSTANCE_ID = randomId();

type ControlSocket = Socket<ControlServerToClientEvents, ControlClientToServerEvents>;

/** The one link to one SFU node: reconnects for ever, and knows the node's state while it is up. */
export class ControlLink {
  readonly url: string;
  readonly events = new Emitter<ControlLinkEvents>();
  #options: ControlLinkOptions;
  #socket: ControlSocket;
  #caller: LinkCaller;
  /** Null while the link is down. */
  #state: NodeState | null = null;
  /** The node at the other end, as long as it is not given up. */
  #nodeId: string | null = null;
  #upSince = 0;
  #downAt: number | null = null;
  #graceTimer: Timer | undefined;
  #retryTimer: Timer | undefined;
  #closed = false;

  constructor(options: ControlLinkOptions) {
    this.#options = options;
    this.url = options.url;
    const { nodeId, secret } = options;
    this.#caller = new LinkCaller({ namespace: CONTROL_NAMESPACE, nodeId, instanceId: INSTANCE_ID, secret });
    this.#socket = io(new URL(CONTROL_NAMESPACE, options.url).href, {
      transports: ['websocket'],
      auth: (send) => send(this.#caller.handshake()),
      // At once, and then less and less often: a process that was killed is known to be gone within some 150 ms.
      reconnectionDelay: 20,
      reconnectionDelayMax: 1000,
      randomizationFactor: 0.2,
      timeout: 2000,
      forceNew: true,
    });
    failWhenCut(this.#socket.io);
    this.#socket.on('disconnect', (reason) => this.#handleDown(reason));
    this.#socket.on('connect_error', (error) => this.#handleConnectError(error));
    this.#socket.on('link:challenge', (challenge, answer) => this.#handleChallenge(challenge, answer));
    this.#socket.on('link:proof', (proof) => this.#handleProof(proof));
    this.#listen('node:state', (state) => this.#handleState(state));
    this.#listen('room:closed', (closed) => this.events.emit('roomClosed', closed));
    this.#listen('producer:closed', (closed) => this.events.emit('producerClosed', closed));
    this.#listen('room:forwarding', (changed) => this.events.emit('forwarding', changed));
    this.#listen('peer:lost', (lost) => this.events.emit('peersLost', lost));
  }

  /** Since when the link is up, in ms since the epoch; null while it is not. */
  get upSince(): number | null {
    return this.#state && this.#upSince;
  }

  /** The node's state; null while it is out of reach. */
  get state(): NodeState | null {
    return this.#state;
  }

  /** The node this link leads or, for now, led to. */
  get nodeId(): string | null {
    return this.#nodeId;
  }

  async request<R extends ControlRequestName>(name: R, input: ControlInput<R>): Promise<ControlOutput<R>> {
    if (!this.#state) throw new ParleyError('sfu_unavailable');
    const answer = await this.#ask(name, input);
    if (!answer.ok) throw ParleyError.fromWire(answer.error);
    try {
      return parse(CONTROL_REQUESTS[name].output, answer.data) as ControlOutput<R>;
    } catch (error) {
      throw new Error(`${name}: the SFU's answer does not parse`, { cause: error });
    }
  }

  /** Trusts no longer that a node out of reach goes on forwarding: it is `lost` now, rather than at the end of its grace. */
  giveUp(): void {
    const nodeId = this.forget();
    if (nodeId === null) return;
    this.#options.logger.warn('sfu node lost', { sfuNodeId: nodeId, url: this.url });
    this.events.emit('lost', nodeId);
  }

  /** The same without a word: the node has been found elsewhere. Returns which it was. */
  forget(): string | null {
    if (this.#state) return null;
    this.#options.clock.cancel(this.#graceTimer);
    const nodeId = this.#nodeId;
    this.#nodeId = null;
    this.#downAt = null;
    return nodeId;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.clock.cancel(this.#graceTimer);
    this.#options.clock.cancel(this.#retryTimer);
    this.#state = null;
    this.events.removeAllListeners();
    this.#socket.disconnect();
  }

  async #ask<R extends ControlRequestName>(name: R, input: ControlInput<R>): Promise<Ack<unknown>> {
    try {
      const socket = this.#socket.timeout(this.#options.requestTimeoutMs) as unknown as {
        emitWithAck(name: string, input: unknown): Promise<Ack<unknown>>;
      };
      return await socket.emitWithAck(name, input);
    } catch (error) {
      throw new ParleyError(this.#state ? 'timeout' : 'sfu_unavailable', undefined, { cause: error });
    }
  }

  #listen<E extends ControlEventName>(name: E, handle: (event: ControlEvent<E>) => void): void {
    const listener = (event: unknown) => {
      if (!this.#caller.isProven) return;
      try {
        handle(parse(CONTROL_EVENTS[name], event) as ControlEvent<E>);
      } catch (error) {
        this.#options.logger.error('control event ignored', { event: name, error });
      }
    };
    (this.#socket as unknown as { on(name: string, listener: (event: unknown) => void): void }).on(name, listener);
  }

  #handleChallenge(challenge: unknown, answer: (proof: LinkProof) => void): void {
    try {
      answer(this.#caller.answer(challenge));
    } catch {
      this.#handleStranger();
    }
  }

  #handleProof(proof: unknown): void {
    if (!this.#caller.verify(proof)) this.#handleStranger();
  }

  /** Who answers there does not know the secret: nothing is asked of it, and what it says is not heard. */
  #handleStranger(): void {
    this.#options.logger.warn('a stranger answers for an sfu node', { url: this.url });
    this.#socket.disconnect();
    this.#retryLater();
  }

  #handleState(state: NodeState): void {
    const { logger, clock } = this.#options;
    if (this.#nodeId !== null && this.#nodeId !== state.nodeId) {
      this.#state = null;
      this.giveUp();
    }
    const wasDown = this.#state === null;
    const wasDraining = this.#state?.draining === true;
    this.#state = state;
    this.#nodeId = state.nodeId;
    this.#downAt = null;
    clock.cancel(this.#graceTimer);
    if (wasDown) {
      this.#upSince = clock.now();
      logger.info('sfu node up', { sfuNodeId: state.nodeId, url: this.url, workers: state.workers });
      this.events.emit('up', state);
    }
    if (!state.draining || wasDraining) return;
    logger.info('sfu node draining', { sfuNodeId: state.nodeId, url: this.url, rooms: state.rooms });
    this.events.emit('draining', state.nodeId);
  }

  #handleDown(reason: string): void {
    if (this.#closed) return;
    const { logger, clock, graceMs } = this.#options;
    if (reason === 'io server disconnect') {
      logger.warn('sfu node refuses us', { url: this.url, reason });
      this.#retryLater();
    }
    if (!this.#state) return;
    logger.warn('sfu node out of reach', { sfuNodeId: this.#nodeId, url: this.url, reason });
    this.#state = null;
    this.#downAt = clock.now();
    clock.cancel(this.#graceTimer);
    this.#graceTimer = clock.after(graceMs, () => this.giveUp());
    this.events.emit('down');
  }

  #handleConnectError(error: Error): void {
    if (this.#closed) return;
    const { logger, clock, refusedGraceMs } = this.#options;
    logger.debug('sfu node not reached', { url: this.url, reason: error.message });
    if (!this.#socket.active) {
      logger.warn('sfu node refuses us', { url: this.url, reason: error.message });
      this.#retryLater();
    }
    const refused = refusedByHost(error) && this.#downAt !== null && clock.now() - this.#downAt >= refusedGraceMs;
    if (refused) this.giveUp();
  }

  /** Socket.IO does not come back by itself when the server itself turned it away. */
  #retryLater(): void {
    const { clock } = this.#options;
    clock.cancel(this.#retryTimer);
    this.#retryTimer = clock.after(2000, () => this.#socket.connect());
  }
}

/** Whether the host answered that nothing listens there. */
function refusedByHost(error: Error): boolean {
  const { description } = error as { description?: { error?: { code?: unknown; errors?: { code?: unknown }[] } } };
  const cause = description?.error;
  return cause?.code === 'ECONNREFUSED' || (cause?.errors ?? []).some((it) => it.code === 'ECONNREFUSED');
}
