import { randomUUID } from 'node:crypto';
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ClientToServerEvents, ParleyError, type ServerToClientEvents } from '@parley/shared/protocol';
import type { Clock, Logger, Timer } from '@parley/shared/runtime';
import { Server } from 'socket.io';
import { guest } from '../identity/user.ts';
import type { AnswerOptions } from '../requests/answer.ts';
import { Connection } from './connection.ts';
import { Directory } from './directory.ts';
import { agree, RefusedHandshake } from './handshake.ts';
import type { OriginPolicy } from './origin.ts';

export interface SocketServerOptions {
  http: HttpServer;
  origins: OriginPolicy;
  logger: Logger;
  pingIntervalMs: number;
  pingTimeoutMs: number;
  maxMessageBytes: number;
  maxConnections: number;
  maxInFlight: number;
  maxRoomsPerConnection: number;
  /** Packets that may wait for a client; one that is further behind is dropped, and resumes. */
  maxBacklog: number;
  clock: Clock;
  onAnswer: (request: string, code: string) => void;
  /** An event was handed to all its audience here, within so many ms. */
  onTold?: (ms: number) => void;
}

/** How often slow clients are looked for. */
const SWEEP_MS = 5_000;

/** The Socket.IO side of the server: who is connected, and what they ask. */
export class SocketServer {
  readonly directory: Directory;
  #io: Server<ClientToServerEvents, ServerToClientEvents>;
  #options: SocketServerOptions;
  #closing = false;
  #sweep: Timer | undefined;

  constructor(options: SocketServerOptions) {
    const { http, origins } = options;
    this.#options = options;
    this.#io = new Server(http, {
      transports: ['websocket'],
      pingInterval: options.pingIntervalMs,
      pingTimeout: options.pingTimeoutMs,
      maxHttpBufferSize: options.maxMessageBytes,
      connectTimeout: 10_000,
      perMessageDeflate: false,
      httpCompression: false,
      serveClient: false,
      allowRequest: (request, decide) => decide(null, origins.allows(request)),
    });
    this.directory = new Directory(options.onTold);
    guardUpgrades(http, origins);
    this.#sweepLater();
  }

  /** Starts to take requests. @param onGone who is told when a connection that spoke for members ends */
  serve(answering: AnswerOptions, onGone: (sessionId: string, roomId: string, memberId: string) => void): void {
    const { maxConnections, maxInFlight, maxRoomsPerConnection: maxRooms, onAnswer, logger } = this.#options;
    const { directory } = this;
    this.#io.use((socket, next) => {
      try {
        agree(socket.handshake.auth);
        if (this.#closing) throw new RefusedHandshake(new ParleyError('server_shutdown'));
        if (directory.size >= maxConnections) throw new RefusedHandshake(new ParleyError('server_full'));
        next();
      } catch (error) {
        next(error as Error);
      }
    });
    this.#io.on('connection', (socket) => {
      const id = randomUUID();
      const connection = new Connection(socket, {
        ...answering,
        id,
        user: guest(id),
        directory,
        maxInFlight,
        maxRooms,
        onAnswer,
      });
      directory.add(connection);
      logger.debug('connected', { sessionId: id });
      socket.on('disconnect', (reason) => {
        directory.remove(connection);
        logger.debug('disconnected', { sessionId: id, reason });
        const presences = connection.end();
        // A server that goes down leaves everyone where they are: they resume here or elsewhere.
        if (this.#closing) return;
        for (const { roomId, memberId } of presences) onGone(id, roomId, memberId);
      });
    });
  }

  #sweepLater(): void {
    const { clock, maxBacklog, logger } = this.#options;
    this.#sweep = clock.after(SWEEP_MS, () => {
      for (const { id } of this.directory.dropSlow(maxBacklog)) logger.warn('slow client dropped', { sessionId: id });
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

/** Engine.IO would answer 400 to a refused upgrade; what is meant is 403, before any of its code runs. */
function guardUpgrades(http: HttpServer, origins: OriginPolicy): void {
  type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  const listeners = http.listeners('upgrade') as UpgradeListener[];
  http.removeAllListeners('upgrade');
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (origins.allows(request)) {
      for (const listener of listeners) listener.call(http, request, socket, head);
      return;
    }
    socket.on('error', () => {});
    socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
}
