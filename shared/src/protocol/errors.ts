/**
 * Every failure a client can be told of, with its default message and whether the same request may
 * succeed later (`retryable`). Codes are part of the protocol: add, never rename.
 */
export const ERRORS = {
  invalid_request: { message: 'The request is not valid.', retryable: false },
  unknown_request: { message: 'There is no such request.', retryable: false },
  payload_too_large: { message: 'The message is too large.', retryable: false },
  unsupported_version: { message: 'Client and server share no protocol version.', retryable: false },
  origin_not_allowed: { message: 'This page may not use this server.', retryable: false },
  unauthorized: { message: 'The token was not accepted.', retryable: false },
  resume_rejected: { message: 'The earlier session cannot be resumed; join again.', retryable: false },
  already_in_room: { message: 'This connection is in that room already.', retryable: false },
  room_not_found: { message: 'There is no such room.', retryable: false },
  not_in_room: { message: 'This connection is not in that room.', retryable: false },
  participant_not_found: { message: 'There is no such participant in the room.', retryable: false },
  participant_unreachable: { message: 'The participant is reconnecting.', retryable: true },
  not_found: { message: 'There is no such transport, producer or consumer of yours.', retryable: false },
  stale_epoch: { message: 'The room has moved on; this epoch is over.', retryable: false },
  conflict: { message: 'The request does not fit the present state.', retryable: false },
  room_full: { message: 'The room is full.', retryable: true },
  room_full_mesh_only: { message: 'The room is full while no media server is available.', retryable: true },
  sfu_unavailable: { message: 'No media server is available.', retryable: true },
  relay_unavailable: { message: 'No relay answers.', retryable: true },
  timeout: { message: 'The request took too long.', retryable: true },
  connection_lost: { message: 'The connection to the server was lost.', retryable: true },
  rate_limited: { message: 'Too many of these; wait a little.', retryable: true },
  server_full: { message: 'The server is full.', retryable: true },
  store_unavailable: { message: 'The servers cannot agree just now; try again shortly.', retryable: true },
  not_allowed: { message: 'You may not do that.', retryable: false },
  identity_unavailable: { message: 'Who you are cannot be checked just now; try again shortly.', retryable: true },
  token_expired: { message: 'The access token has expired.', retryable: false },
  replaced: { message: 'You are connected elsewhere; this connection has ended.', retryable: false },
  removed: { message: 'You were removed from the room.', retryable: false },
  banned: { message: 'You may not come into this room for now.', retryable: false },
  room_locked: { message: 'The room is locked.', retryable: true },
  room_ended: { message: 'The room was ended.', retryable: false },
  match_expired: { message: 'The match is over.', retryable: false },
  server_shutdown: { message: 'The server is shutting down.', retryable: true },
  internal: { message: 'Something went wrong on the server.', retryable: true },
} as const satisfies Record<string, { message: string; retryable: boolean }>;

export type ErrorCode = keyof typeof ERRORS;

export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[];

/**
 * An error as it crosses the wire. `path` names the offending field of an `invalid_request`; `retryAfterMs` comes with
 * `rate_limited` and `server_full`: asking again any sooner, in ms from now, is in vain.
 */
export interface WireError {
  code: ErrorCode;
  message: string;
  retryable: boolean;
  path?: string | undefined;
  retryAfterMs?: number | undefined;
}

/** A failure with a code of the table; the only kind of error a request handler throws on purpose. */
export class ParleyError extends Error {
  override readonly name = 'ParleyError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly path: string | undefined;
  /** No attempt before this has a chance, in ms from when the error was made. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string = ERRORS[code].message,
    options: { path?: string | undefined; cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = ERRORS[code].retryable;
    this.path = options.path;
    this.retryAfterMs = options.retryAfterMs;
  }

  toWire(): WireError {
    const { code, message, retryable, path, retryAfterMs } = this;
    const wire: WireError = { code, message, retryable };
    if (path !== undefined) wire.path = path;
    if (retryAfterMs !== undefined) wire.retryAfterMs = retryAfterMs;
    return wire;
  }

  static fromWire(error: WireError): ParleyError {
    const { code, message, path, retryAfterMs } = error;
    const wait = typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? retryAfterMs : undefined;
    return new ParleyError(Object.hasOwn(ERRORS, code) ? code : 'internal', message, { path, retryAfterMs: wait });
  }
}
