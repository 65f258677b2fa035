import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'socket.io';

/**
 * Once a connection is up nobody asks for its HTTP request any more, but Socket.IO would keep it, and with it several
 * KB of headers and streams, for as long as the connection lasts. `leftovers.test.ts` finds out whether something in
 * the installed versions holds on to it after all.
 */
export function dropRequestsOf(io: Pick<Server, 'engine'>): void {
  io.engine.use((_request: IncomingMessage, response: ServerResponse, next: () => void) => {
    // Of an upgrade this is Engine.IO's stand-in for a response, which lives until the TCP connection closes.
    if (response.constructor.name === 'WebSocketResponse') Object.assign(response, { req: undefined });
    next();
  });
}

const NOTHING = Object.freeze({
  headers: Object.freeze({}),
  time: '',
  address: '',
  xdomain: false,
  secure: false,
  issued: 0,
  url: '',
  query: Object.freeze({}),
  auth: Object.freeze({}),
});

/** From here on `socket.handshake` and `socket.data` say nothing, and `socket.request` is not there. */
export function dropHandshakeOf(socket: Pick<Socket, 'conn' | 'handshake'>): void {
  Object.assign(socket.conn, { request: undefined });
  Object.assign(socket, { handshake: NOTHING, data: NOTHING.auth });
}

/** Who is in which room the directory knows; Socket.IO would keep a room for every single socket beside it. */
export function dropRoomsOf(io: Pick<Server, 'of'>): void {
  const nobodyJoins: Pick<Server['sockets']['adapter'], 'addAll' | 'del' | 'delAll'> = {
    addAll() {},
    del() {},
    delAll() {},
  };
  Object.assign(io.of('/').adapter, nobodyJoins);
}
