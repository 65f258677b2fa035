import { LinkCaller, type LinkProof, type NodeAddress } from '@parley/shared/control';
import { type Ack, ParleyError, parse } from '@parley/shared/protocol';
import { type Clock, Emitter, failWhenCut, type Logger, type Timer } from '@parley/shared/runtime';
import { io, type Socket } from 'socket.io-client';
import {
  FLEET_EVENTS,
  FLEET_NAMESPACE,
  FLEET_REQUESTS,
  type FleetClientToServerEvents,
  type FleetEvent,
  type FleetEventName,
  type FleetInput,
  type FleetOutput,
  type FleetRequestName,
  type FleetServerToClientEvents,
} from './contract.ts';

/** Milliseconds between two signs of life of a node: the servers' ping interval. */
const SIGN_OF_LIFE_MS = 1_000;

export type FleetLinkEvents = {
  /** Connected, to the node that was meant; these edges of this process are still there. */
  up: [edges: FleetOutput<'link:hello'>['edges']];
  /** Out of reach, for now: what was asked and not answered may have been done or not. */
  down: [];
  /** Out of reach for too long, or for certain. The link is closed. */
  lost: [];
} & { [E in FleetEventName]: [event: FleetEvent<E>] };

/** A link as those who use it see it; a fake is beside it. */
export interface FleetLink {
  readonly node: NodeAddress;
  readonly events: Emitter<FleetLinkEvents>;
  readonly isUp: boolean;
  /** @throws {ParleyError} the node's refusal, `timeout`, or `sfu_unavailable` when the link is not up, or drops. */
  request<R extends FleetRequestName>(name: R, input: FleetInput<R>): Promise<FleetOutput<R>>;
  close(): void;
}

export interface FleetLinkOptions {
  node: NodeAddress;
  /** Who we are; `instanceId` tells this process from an earlier one. */
  self: { nodeId: string; instanceId: string };
  secret: string;
  /** Deadline of a request, in milliseconds. */
  requestTimeoutMs: number;
  /** How long a node may be silent until it is given up, in milliseconds. What it forwards goes on meanwhile. */
  graceMs: number;
  clock: Clock;
  log: Logger;
}

type FleetSocket = Socket<FleetServerToClientEvents, FleetClientToServerEvents>;

/** The home's end of the link to one other node: reconnects, until the node has been silent for too long. */
export class SocketFleetLink implements FleetLink {
  readonly node: NodeAddress;
  readonly events: Emitter<FleetLinkEvents>;
  readonly #options: FleetLinkOptions;
  readonly #log: Logger;
  readonly #socket: FleetSocket;
  readonly #caller: LinkCaller;
  #up = false;
  #closed = false;
  /** Signs of life in a row that did not come. Counted, not timed: a stall of this process is not the node's. */
  #missed = 0;
  #timer: Timer | undefined;

  constructor(options: FleetLinkOptions) {
    this.#options = options;
    this.node = options.node;
    this.#log = options.log.child({ peerNode: options.node.nodeId, url: options.node.url });
    this.events = new Emitter((error, event) => this.#log.error('a listener threw', { event, error }));
    this.#caller = new LinkCaller({ namespace: FLEET_NAMESPACE, ...options.self, secret: options.secret });
    this.#socket = io(new URL(FLEET_NAMESPACE, options.node.url).href, {
      transports: ['websocket'],
      auth: (send) => send(this.#caller.handshake()),
      // At once, and then less and less often: that a process is gone is known within some 100 ms.
      reconnectionDelay: 20,
      reconnectionDelayMax: 500,
      randomizationFactor: 0.2,
      timeout: 2_000,
      forceNew: true,
    });
    failWhenCut(this.#socket.io);
    this.#socket.on('disconnect', (reason) => this.#handleDown(reason));
    this.#socket.on('connect_error', (error) => this.#handleConnectError(error));
    this.#socket.on('link:challenge', (challenge, answer) => this.#handleChallenge(challenge, answer));
    this.#socket.on('link:proof', (proof) => this.#handleProof(proof));
    const isAlive = () => {
      this.#missed = 0;
    };
    this.#socket.io.on('ping', isAlive);
    this.#socket.onAny(isAlive);
    for (const name of Object.keys(FLEET_EVENTS) as FleetEventName[]) this.#listen(name);
    this.#tick();
  }

  get isUp(): boolean {
    return this.#up;
  }

  async request<R extends FleetRequestName>(name: R, input: FleetInput<R>): Promise<FleetOutput<R>> {
    if (!this.#up) throw unreachable();
    return this.#ask(name, input);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#up = false;
    this.#options.clock.cancel(this.#timer);
    this.#socket.disconnect();
    this.events.removeAllListeners();
  }

  async #ask<R extends FleetRequestName>(name: R, input: FleetInput<R>): Promise<FleetOutput<R>> {
    if (!this.#socket.connected) throw unreachable();
    const answer = await this.#emit(name, input);
    this.#missed = 0;
    if (!answer.ok) throw ParleyError.fromWire(answer.error);
    try {
      return parse(FLEET_REQUESTS[name].output, answer.data) as FleetOutput<R>;
    } catch (error) {
      throw new ParleyError('internal', `${name}: the node's answer does not parse`, { cause: error });
    }
  }

  async #emit<R extends FleetRequestName>(name: R, input: FleetInput<R>): Promise<Ack<unknown>> {
    const socket = this.#socket as unknown as Socket;
    try {
      return (await socket.timeout(this.#options.requestTimeoutMs).emitWithAck(name, input)) as Ack<unknown>;
    } catch (cause) {
      if (!this.#socket.connected) throw unreachable(cause);
      throw new ParleyError('timeout', `${name} was not answered by the other node.`, { cause });
    }
  }

  /** Whoever answers at that address must be the node that was meant. */
  async #greet(): Promise<void> {
    const socketId = this.#socket.id;
    try {
      const { nodeId, edges } = await this.#ask('link:hello', {});
      if (this.#closed || this.#socket.id !== socketId) return;
      if (nodeId !== this.node.nodeId) return this.#giveUp(`${nodeId} answers there`);
      this.#up = true;
      this.#log.info('fleet link up');
      this.events.emit('up', edges);
    } catch (error) {
      // With the connection gone, the next one begins with a greeting.
      if (this.#closed || this.#socket.id !== socketId) return;
      this.#log.warn('the node does not greet back', { error });
      // Its signs of life would keep a link that never comes up: it is asked until it answers.
      if (error instanceof ParleyError && error.code === 'timeout') void this.#greet();
      else this.#giveUp('no greeting');
    }
  }

  #listen(name: FleetEventName): void {
    const listener = (event: unknown) => {
      if (!this.#up) return;
      let parsed: FleetEvent<FleetEventName>;
      try {
        parsed = parse(FLEET_EVENTS[name], event);
      } catch (error) {
        return this.#log.error('fleet event ignored', { event: name, error });
      }
      (this.events as unknown as Emitter<Record<string, unknown[]>>).emit(name, parsed);
    };
    (this.#socket as unknown as { on(name: string, listener: (event: unknown) => void): void }).on(name, listener);
  }

  #tick(): void {
    const { clock, graceMs } = this.#options;
    this.#timer = clock.after(SIGN_OF_LIFE_MS, () => {
      if (++this.#missed * SIGN_OF_LIFE_MS >= graceMs) this.#giveUp('silent');
      else this.#tick();
    });
  }

  #handleChallenge(challenge: unknown, answer: (proof: LinkProof) => void): void {
    try {
      answer(this.#caller.answer(challenge));
    } catch {
      this.#giveUp('a stranger');
    }
  }

  /** Who answers there without knowing the secret is asked nothing, and what it says is not heard. */
  #handleProof(proof: unknown): void {
    if (this.#caller.verify(proof)) void this.#greet();
    else this.#giveUp('a stranger');
  }

  #handleDown(reason: string): void {
    if (this.#closed) return;
    const wasUp = this.#up;
    this.#up = false;
    this.#log.warn('fleet link down', { reason });
    if (wasUp) this.events.emit('down');
    // Socket.IO does not come back by itself when the other side hung up. Who is not let in does not come back either.
    if (reason !== 'io server disconnect' || this.#closed) return;
    if (wasUp) this.#socket.connect();
    else this.#giveUp('hung up on');
  }

  #handleConnectError(error: Error): void {
    if (this.#closed) return;
    this.#log.debug('the node is not reached', { reason: error.message });
    // Nothing listens there, so nothing forwards there; or we are not let in, which does not get better.
    if (refusedByHost(error) || !this.#socket.active) this.#giveUp(error.message);
  }

  #giveUp(reason: string): void {
    if (this.#closed) return;
    this.#log.warn('the node is given up', { reason });
    this.#closed = true;
    this.#up = false;
    this.#options.clock.cancel(this.#timer);
    this.#socket.disconnect();
    this.events.emit('lost');
    this.events.removeAllListeners();
  }
}

const unreachable = (cause?: unknown) =>
  new ParleyError('sfu_unavailable', 'The other media server is out of reach.', { cause });

/** Whether the host answered that nothing listens there. */
function refusedByHost(error: Error): boolean {
  const { description } = error as { description?: { error?: { code?: unknown; errors?: { code?: unknown }[] } } };
  const cause = description?.error;
  return cause?.code === 'ECONNREFUSED' || (cause?.errors ?? []).some((it) => it.code === 'ECONNREFUSED');
}
