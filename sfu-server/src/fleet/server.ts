import type { Ack } from '@parley/shared/protocol';
import type { Clock, Logger } from '@parley/shared/runtime';
import type { Namespace, Server, Socket } from 'socket.io';
import { authenticate } from '../control/handshake.ts';
import type { Holder } from '../rooms/holders.ts';
import { answer } from './answer.ts';
import {
  FLEET_NAMESPACE,
  type FleetClientToServerEvents,
  type FleetEvent,
  type FleetEventName,
  type FleetServerToClientEvents,
} from './contract.ts';
import type { Edges } from './edges.ts';

export interface FleetServerOptions {
  io: Server;
  secret: string;
  /** This node. */
  nodeId: string;
  edges: Edges;
  /** Deadline of a request, in milliseconds. */
  requestTimeoutMs: number;
  clock: Clock;
  log: Logger;
}

type FleetSocket = Socket<FleetClientToServerEvents, FleetServerToClientEvents>;
type FleetNamespace = Namespace<FleetClientToServerEvents, FleetServerToClientEvents>;

interface Link {
  socket: FleetSocket;
  /** Not yet answered. */
  requests: Set<Promise<void>>;
  /** What was asked on the links before it is done with. */
  settled: Promise<unknown>;
}

/** The edge's end of the links: what homes ask is done, and what happens at the edges is told to them. */
export class FleetServer {
  readonly #options: FleetServerOptions;
  /** One link for each home process, the newest. */
  readonly #links = new Map<string, Link>();

  constructor(options: FleetServerOptions) {
    this.#options = options;
    const { io, secret, edges, clock, log } = options;
    const fleet = io.of(FLEET_NAMESPACE) as FleetNamespace;
    fleet.on('connection', (socket) => {
      authenticate(socket, secret, clock).then(
        (home) => this.#handleLink(socket, home),
        (error: unknown) => {
          log.warn('fleet link refused', { address: socket.handshake.address, error });
          socket.disconnect(true);
        },
      );
    });
    edges.on('ended', (home, id, reason) => this.#tell(home, 'edge:closed', { ...id, reason }));
    edges.on('peersLost', (home, id, peerIds) => this.#tell(home, 'peers:lost', { ...id, peerIds }));
    edges.on('producerEnded', (home, id, peerId, producerId) =>
      this.#tell(home, 'producer:closed', { ...id, peerId, producerId }),
    );
    edges.on('levels', (home, id, levels) => {
      // What could not be sent at once is not worth sending later.
      this.#links.get(keyOf(home))?.socket.volatile.emit('edge:levels', { ...id, levels });
    });
  }

  #handleLink(socket: FleetSocket, home: Holder): void {
    if (!socket.connected) return;
    const { nodeId, edges, requestTimeoutMs: timeoutMs, clock } = this.#options;
    const log = this.#options.log.child({ home: home.nodeId, link: socket.id });
    log.info('fleet link opened');
    const key = keyOf(home);
    // The home has come back before the old link was known to be dead: what is still asked there is over.
    const older = this.#links.get(key);
    older?.socket.disconnect(true);
    // What was asked on older links is still being undone: only after that, the edges are what they seem.
    const settled = Promise.allSettled([...(older?.requests ?? []), older?.settled]);
    const link: Link = { socket, requests: new Set(), settled };
    this.#links.set(key, link);
    edges.handleLinked(home);
    const gone = new AbortController();
    socket.on('disconnect', (reason) => {
      log.info('fleet link closed', { reason });
      gone.abort();
      edges.handleUnlinked(home);
      void Promise.allSettled([...link.requests, settled]).then(() => {
        if (this.#links.get(key) === link) this.#links.delete(key);
      });
    });
    socket.onAny((name: string, ...args: unknown[]) => {
      const ack = args.at(-1);
      // Without somebody to answer there is no request.
      if (typeof ack !== 'function') return;
      const request = settled
        .then(() => answer({ nodeId, edges, home, gone: gone.signal }, name, args[0], { timeoutMs, clock, log }))
        .then((result) => {
          link.requests.delete(request);
          (ack as (answer: Ack<unknown>) => void)(result);
        });
      link.requests.add(request);
    });
  }

  #tell<E extends FleetEventName>(home: Holder, name: E, event: FleetEvent<E>): void {
    const socket = this.#links.get(keyOf(home))?.socket;
    // Emitted to one who is away it would wait there; the home asks for the edge's state when it is back.
    if (socket?.connected) (socket as { emit(name: E, event: FleetEvent<E>): unknown }).emit(name, event);
  }
}

const keyOf = ({ nodeId, instanceId }: Holder): string => JSON.stringify([nodeId, instanceId]);
