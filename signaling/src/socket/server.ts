import { randomUUID } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import { OPERATIONS_NAMESPACE } from '@parley/shared/operations';
import {
  type ClientToServerEvents,
  type ErrorCode,
  ParleyError,
  type ServerToClientEvents,
} from '@parley/shared/protocol';
import type { Clock, Logger, Timer } from '@parley/shared/runtime';
import { Server, type Socket } from 'socket.io';
import type { Authenticator } from '../identity/authenticator.ts';
import type { Sessions } from '../identity/sessions.ts';
import type { User } from '../identity/user.ts';
import type { ClientAddresses, ConnectGate, Limit, RequestLimits } from '../limits/index.ts';
import type { OperationsNamespace } from '../operations/reception.ts';
import type { AnswerOptions } from '../requests/answer.ts';
import { Connection } from './connection.ts';
import { Directory } from './directory.ts';
import { agree, RefusedHandshake } from './handshake.ts';
import { dropHandshakeOf, dropRequestsOf, dropRoomsOf } from './leftovers.ts';
import { Loiterers } from './loiterers.ts';
import type { OriginPolicy } from './origin.ts';
import type { SweptConnection } from './swept.ts';
import { guardUpgrades } from './upgrades.ts';

export interface SocketServerOptions {
  http: HttpServer;
  origins: OriginPolicy;
  logger: Logger;
  pingIntervalMs: number;
  pingTimeoutMs: number;
  handshakeMs: number;
  maxMessageBytes: number;
  maxInFlight: number;
  maxRoomsPerConnection: number;
  /** Packets that may wait for a client; one that is further behind is dropped, and resumes. */
  maxBacklog: number;
  /** Whether this node lets anyone in. */
  isTaking: () => boolean;
  gate: ConnectGate;
  addresses: ClientAddresses;
  limits: RequestLimits;
  clock: Clock;
  onAnswer: (request: string, code: string) => void;
  /** An event was handed to all its audience here, within so many ms. */
  onTold?: (ms: number) => void;
  onLimit: (limit: Limit) => void;
  /** A client said who it is, and was let in or not. */
  onIntroduced: (result: 'ok' | ErrorCode) => void;
  /** A connection was ended because nothing came of it any more. */
  onSwept: (kind: SweptConnection) => void;
}

/** Who a socket was found to be of, on its way from the handshake to its connection. */
interface SocketData {
  user: User;
  session: string | null;
  instance: string | null;
  region: string | undefined;
}

/** Reasons of Socket.IO's with which one side has hung up, rather than the network. */
const GOODBYES = new Set<string>(['client namespace disconnect', 'server namespace disconnect']);
const TOO_LARGE = 'Max payload size exceeded';
/** How often slow clients are looked for. */
const SWEEP_MS = 5_000;

/** The Socket.IO side of the server: who is connected, and what they ask. */
export class SocketServer {
  readonly directory: Directory;
  #io: Server<ClientToServerEvents, ServerToClientEvents, Record<string, never>, SocketData>;
  #options: SocketServerOptions;
  #closing = false;
  #sweep: Timer | undefined;
  #loiterers: Loiterers;

  constructor(options: SocketServerOptions) {
    const { http, origins } = options;
    this.#options = options;
    this.#io = new Server(http, {
      transports: ['websocket'],
      pingInterval: options.pingIntervalMs,
      pingTimeout: options.pingTimeoutMs,
      maxHttpBufferSize: options.maxMessageBytes,
      connectTimeout: options.handshakeMs,
      perMessageDeflate: false,
      httpCompression: false,
      serveClient: false,
      allowRequest: (request, decide) => decide(null, origins.allows(request)),
    });
    dropRequestsOf(this.#io);
    dropRoomsOf(this.#io);
    this.directory = new Directory(options.onTold);
    guardUpgrades(http, options);
    this.#loiterers = new Loiterers(() => {
      if (!this.#closing) options.onSwept('socket_half_open');
    });
    this.#io.engine.on('connection', (connection: Socket['conn']) => this.#loiterers.arrived(connection));
    this.#sweepLater();
  }

  /** Starts to take requests. */
  serve(answering: Omit<AnswerOptions, 'admit'>, authenticator: Authenticator, sessions: Sessions): void {
    const {
      limits,
      maxInFlight,
      maxRoomsPerConnection: maxRooms,
      onAnswer,
      onLimit,
      onIntroduced,
      onSwept,
      logger,
    } = this.#options;
    const { directory } = this;
    this.#io.use((socket, next) => {
      this.#loiterers.spoke(socket.conn);
      const admit = async () => {
        const { token, session, instance, region } = agree(socket.handshake.auth);
        // Neither is of use any more, and a connection may live for days.
        socket.handshake.auth = {};
        this.#checkRoom();
        const { user, session: renewed } = await authenticator.authenticate({ token, session });
        this.#checkRoom();
        socket.data = { user, session: renewed, instance: instance ?? null, region };
      };
      admit().then(
        () => {
          onIntroduced('ok');
          next();
        },
        (error: unknown) => {
          const refusal = this.#refusal(error);
          onIntroduced(refusal.data.code);
          next(refusal);
        },
      );
    });
    this.#io.on('connection', (socket) => {
      const id = randomUUID();
      const { user, session, instance, region } = socket.data;
      dropHandshakeOf(socket);
      const connection = new Connection(socket, {
        ...answering,
        id,
        user,
        instance: instance ?? id,
        region,
        directory,
        limits,
        maxInFlight,
        maxRooms,
        onAnswer,
        onLimit,
      });
      directory.add(connection);
      logger.debug('connected', { sessionId: id, userId: user.id });
      void sessions.opened(connection, session);
      socket.on('disconnect', (reason, why) => {
        if (isTooLarge(why)) onLimit('payload');
        directory.remove(connection);
        limits.forget(id);
        // Whoever takes leave of Socket.IO alone would stay, connected to nothing.
        socket.conn.close();
        if (reason === 'ping timeout') onSwept('socket_silent');
        logger.debug('disconnected', { sessionId: id, reason });
        const presences = connection.end(!GOODBYES.has(reason));
        // A server that goes down leaves everyone where they are: they resume here or elsewhere.
        if (this.#closing) return;
        sessions.gone(connection, presences);
      });
    });
  }

  /** Where operators come in, at the same address. They are no clients: whoever opens it decides whom it lets in. */
  operators(): OperationsNamespace {
    const namespace = this.#io.of(OPERATIONS_NAMESPACE);
    namespace.use((socket, next) => {
      this.#loiterers.spoke(socket.conn);
      next();
    });
    return namespace as unknown as OperationsNamespace;
  }

  /** @throws {ParleyError} `server_shutdown`, `server_full` */
  #checkRoom(): void {
    if (this.#closing || !this.#options.isTaking()) throw new ParleyError('server_shutdown');
    this.#options.gate.checkFull();
  }

  #refusal(error: unknown): RefusedHandshake {
    if (error instanceof RefusedHandshake) return error;
    const { logger } = this.#options;
    if (error instanceof ParleyError) {
      logger.debug('handshake refused', { code: error.code, reason: error.message });
      return new RefusedHandshake(error);
    }
    logger.error('handshake failed', { error });
    return new RefusedHandshake(new ParleyError('internal'));
  }

  #sweepLater(): void {
    const { clock, maxBacklog, logger, onSwept } = this.#options;
    this.#sweep = clock.after(SWEEP_MS, () => {
      for (const { id } of this.directory.dropSlow(maxBacklog)) {
        onSwept('socket_slow');
        logger.warn('slow client dropped', { sessionId: id });
      }
      this.#sweepLater();
    });
  }

  /** Drops every connection, as a fault of the network would: clients come back by themselves. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#options.clock.cancel(this.#sweep);
    this.directory.close();
    await this.#io.close();
  }
}

/** Whether a connection ended for a message that was longer than it may be: all that Engine.IO passes on is text. */
function isTooLarge(why: unknown): boolean {
  return why instanceof Error && why.message.includes(TOO_LARGE);
}
