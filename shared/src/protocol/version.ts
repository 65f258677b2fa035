/** Versions of the client protocol this code speaks, newest last. History: docs/protocol.md. */
export const PROTOCOL_VERSIONS = [2] as const;
export const PROTOCOL_VERSION = 2;
export type ProtocolVersion = (typeof PROTOCOL_VERSIONS)[number];
