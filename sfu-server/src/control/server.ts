import type { Server as HttpServer } from 'node:http';
import {
  CONTROL_NAMESPACE,
  type ControlClientToServerEvents,
  type ControlEvent,
  type ControlEventName,
  type ControlServerToClientEvents,
  type NodeState,
} from '@parley/shared/control';
import { type Ack, ParleyError } from '@parley/shared/protocol';
import { type Clock, type Logger, withDeadline } from '@parley/shared/runtime';
import { type Namespace, Server, type Socket } from 'socket.io';
import type { Holder } from '../rooms/holders.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { Announcer } from './announcer.ts';
import { answer, isRequestName } from './answer.ts';
import { authenticate } from './handshake.ts';

/** At most this often a node announces what changed, in milliseconds. */
const ANNOUNCE_MS = 250;
/** How long a link may take to say goodbye, in milliseconds: a WebSocket alone would wait 30 s. */
const CLOSE_MS = 1_000;

type ControlSocket = Socket<ControlClientToServerEvents, ControlServerToClientEvents>;
type ControlNamespace = Namespace<ControlClientToServerEvents, ControlServerToClientEvents>;

export interface ControlOptions {
  http: HttpServer;
  secret: string;
  rooms: Rooms;
  /** What the node says of itself, asked each time. */
  state: () => NodeState;
  /** Takes no new rooms from now on. */
  drain: (deadlineMs: number | null) => void;
  /** Deadline of a request, in milliseconds. */
  requestTimeoutMs: number;
  /** Called with each answered request, `unknown` for one there is not, and `ok` or the error's code. */
  onAnswered: (request: string, code: string) => void;
  clock: Clock;
  log: Logger;
}

/** The control link: signaling's requests in, this node's events out. */
export class ControlServer {
  readonly #options: ControlOptions;
  /** What else listens on this port has a namespace of its own. */
  readonly io: Server;
  readonly #control: ControlNamespace;
  readonly #announcer: Announcer;

  constructor(options: ControlOptions) {
    this.#options = options;
    this.io = new Server(options.http, {
      transports: ['websocket'],
      serveClient: false,
      perMessageDeflate: false,
      httpCompression: false,
      maxHttpBufferSize: 256 * 1024,
      // A node whose machine is gone is missed after the sum: long enough for a process that is busy or collects garbage.
      pingInterval: 1_000,
      pingTimeout: 3_000,
      connectTimeout: 5_000,
      // Signaling sends no Origin; a page in a browser on this machine cannot help sending one.
      allowRequest: (request, decide) => decide(null, request.headers.origin === undefined),
    });
    this.io.use((_socket, next) => next(refusal(new ParleyError('unauthorized', 'There is nothing here.'))));
    this.#control = this.io.of(CONTROL_NAMESPACE) as ControlNamespace;
    this.#control.on('connection', (socket) => {
      authenticate(socket, options.secret, options.clock).then(
        (caller) => this.#handleLink(socket, caller),
        (error: unknown) => {
          options.log.warn('control link refused', { address: socket.handshake.address, error });
          socket.disconnect(true);
        },
      );
    });
    this.#announcer = new Announcer({
      clock: options.clock,
      ms: ANNOUNCE_MS,
      announce: () => this.#control.to(PROVEN).emit('node:state', options.state()),
    });
    options.rooms.on('changed', () => this.#announcer.changed());
    options.rooms.on('ended', (sfuRoomId, reason, nodeIds) =>
      this.#tell(nodeIds, 'room:closed', { sfuRoomId, reason }),
    );
    options.rooms.on('producerEnded', (sfuRoomId, peerId, producerId, nodeIds) =>
      this.#tell(nodeIds, 'producer:closed', { sfuRoomId, peerId, producerId }),
    );
    options.rooms.on('forwardingChanged', (sfuRoomId, forwarding, nodeIds) =>
      this.#tell(nodeIds, 'room:forwarding', { sfuRoomId, forwarding }),
    );
    options.rooms.on('peersLost', (sfuRoomId, peerIds, nodeIds) =>
      this.#tell(nodeIds, 'peer:lost', { sfuRoomId, peerIds }),
    );
  }

  /** Something of the node's state changed. */
  changed(): void {
    this.#announcer.changed();
  }

  /** Says it at once: for what must not wait, like draining. */
  announce(): void {
    this.#announcer.now();
  }

  /** Ends the links, after what was sent on them; one that does not answer is not waited for. */
  async close(): Promise<void> {
    this.#announcer.stop();
    const { clock, log } = this.#options;
    await withDeadline(this.io.close(), CLOSE_MS, 'closing the control links', clock).catch((error: unknown) => {
      log.warn('control links did not close', { error });
    });
  }

  #handleLink(socket: ControlSocket, caller: Holder): void {
    if (!socket.connected) return;
    const { rooms, state, drain, log: parent, clock, requestTimeoutMs, onAnswered } = this.#options;
    const log = parent.child({ signaling: caller.nodeId, link: socket.id });
    log.info('control link opened');
    void socket.join([PROVEN, nodeRoom(caller.nodeId)]);
    const now = state();
    socket.emit('node:state', now);
    rooms.handleLinked(caller);
    socket.on('disconnect', (reason) => {
      log.info('control link closed', { reason });
      rooms.handleUnlinked(caller);
    });
    socket.onAny((name: string, ...args: unknown[]) => {
      const ack = args.at(-1);
      // Without somebody to answer there is no request.
      if (typeof ack !== 'function') return onAnswered(labelOf(name), 'invalid_request');
      const context = { rooms, caller, nodeId: now.nodeId, drain };
      void answer(context, name, args[0], { timeoutMs: requestTimeoutMs, clock, log }).then((result) => {
        onAnswered(labelOf(name), result.ok ? 'ok' : result.error.code);
        (ack as (answer: Ack<unknown>) => void)(result);
      });
    });
  }

  #tell<E extends ControlEventName>(nodeIds: readonly string[], name: E, event: ControlEvent<E>): void {
    if (nodeIds.length === 0) return;
    const links = this.#control.to(nodeIds.map(nodeRoom)) as unknown as {
      emit(name: E, event: ControlEvent<E>): unknown;
    };
    links.emit(name, event);
  }
}

/** Those who have shown that they know the secret: nobody else is told anything. */
const PROVEN = 'proven';
const nodeRoom = (nodeId: string): string => `node:${nodeId}`;
/** A bounded set: what strangers send must not make new time series. */
const labelOf = (name: string): string => (isRequestName(name) ? name : 'unknown');

function refusal(error: ParleyError): Error {
  return Object.assign(new Error(error.message), { data: error.toWire() });
}
