/** How much is allowed; from the configuration. Rates by class are per connection and 10 s. */
export interface LimitSettings {
  /** Clients connected to this node at once. */
  connections: number;
  /** Of one address, at this node, at once. */
  connectionsPerAddress: number;
  /** Of one address, at all nodes. */
  connectsPerMinute: number;
  joinsPerMinute: number;
  enqueuesPerMinute: number;
  roomsPerUser: number;
  /** Requests of one connection that may be unanswered at once. */
  unanswered: number;
  messageBytes: number;
  /** A connection is asked for a sign of life this often … */
  pingIntervalMs: number;
  /** … and has so long to give it. */
  pingTimeoutMs: number;
  /** So long a connection has for each step until it is one: its HTTP headers, its Socket.IO handshake. */
  handshakeMs: number;
  rates: Readonly<Record<RequestClass, number>>;
}

/** Kinds of requests that are counted together. */
export const REQUEST_CLASSES = ['media', 'room', 'session', 'queue', 'presence'] as const;
export type RequestClass = (typeof REQUEST_CLASSES)[number];

/** Every limit there is, as metrics name it. */
export const LIMITS = [
  'connections',
  'address_connections',
  'address_connects',
  ...REQUEST_CLASSES,
  'unanswered',
  'flood',
  'user_joins',
  'user_enqueues',
  'user_rooms',
  'payload',
  'room_size',
  'rooms_node',
  'admin',
] as const;
export type Limit = (typeof LIMITS)[number];

/** Answers that tell of a limit, other than those that are counted where they are found. */
export const LIMIT_BEHIND: ReadonlyMap<string, Limit> = new Map([
  ['room_full', 'room_size'],
  ['room_full_mesh_only', 'room_size'],
  ['server_full', 'rooms_node'],
]);
