import type { Socket } from 'socket.io';

type EngineSocket = Socket['conn'];

/** What of Engine.IO's insides is used here. */
interface WebSocketInside {
  readonly transport: { readonly socket?: { readonly readyState: number; terminate(): void } };
}

const WEBSOCKET_CLOSED = 3;
/** A goodbye is waited for so long, in ms. WebSocket's own patience is half a minute, and dead clients say none. */
const GOODBYE_MS = 2_000;

/** Watches connections before they are a client's, and when they are one no more. */
export class Loiterers {
  #onHalfOpen: () => void;
  /** Those that have not said yet what they want. */
  #silent = new WeakSet<object>();

  /** @param onHalfOpen a connection has ended that never became a client's */
  constructor(onHalfOpen: () => void) {
    this.#onHalfOpen = onHalfOpen;
  }

  /** Through the upgrade. Socket.IO ends it, after its `connectTimeout`, when it says nothing. */
  arrived(connection: EngineSocket): void {
    this.#silent.add(connection);
    connection.once('close', () => {
      if (this.#silent.has(connection)) this.#onHalfOpen();
      const { socket } = (connection as unknown as WebSocketInside).transport;
      if (!socket || socket.readyState === WEBSOCKET_CLOSED) return;
      setTimeout(() => socket.terminate(), GOODBYE_MS).unref();
    });
  }

  spoke(connection: EngineSocket): void {
    this.#silent.delete(connection);
  }
}
