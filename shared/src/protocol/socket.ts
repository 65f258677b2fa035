import type { WireError } from './errors.ts';
import type { ServerEvent, ServerEventName } from './events.ts';
import type { RequestInput, RequestName, RequestOutput } from './requests.ts';

/** How every request is answered. */
export type Ack<T> = { ok: true; data: T } | { ok: false; error: WireError };

/** Socket.IO's event maps, derived from the schemas: client to server … */
export type ClientToServerEvents = {
  [R in RequestName]: (input: RequestInput<R>, ack: (answer: Ack<RequestOutput<R>>) => void) => void;
};

/** … and server to client. */
export type ServerToClientEvents = { [E in ServerEventName]: (event: ServerEvent<E>) => void };

/** What a client puts into the Socket.IO handshake (`auth`). */
export interface Handshake {
  /** Protocol versions the client speaks; the server takes the newest both share. */
  versions: number[];
  /** An access token; without one the client is a guest. */
  token?: string | undefined;
  /** From `session:welcome`: the guest is the same as before. */
  session?: string | undefined;
  /** Made by the client, one for its whole life: a connection of the same instance is a reconnect, not a rival. */
  instance?: string | undefined;
  /** Where the client is, at most 64 characters, as the server's SFU nodes have it. Default: where the server is. */
  region?: string | undefined;
}

/** `data` of the `connect_error` with which a server refuses a handshake. */
export type HandshakeRefusal = WireError & { supported?: readonly number[] };
