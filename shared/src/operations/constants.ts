/** The Socket.IO namespace for operators, on the address clients use. The key goes into `auth`, as `key`. */
export const OPERATIONS_NAMESPACE = '/operations';

/** The most that one look shows; what is beyond it is counted only. `workers`: of all SFU nodes together. */
export const SHOWN_MAX = {
  sfuNodes: 200,
  workers: 2_000,
  signalingNodes: 200,
  rooms: 50,
  participants: 200,
  silences: 50,
} as const;
