/** Versions of the client protocol this code speaks, newest last. History: docs/protocol.md. */
export const PROTOCOL_VERSIONS = [3] as const;
export const PROTOCOL_VERSION = 3;
export type ProtocolVersion = (typeof PROTOCOL_VERSIONS)[number];
