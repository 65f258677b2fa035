/** Versions of the client protocol this code speaks, newest last. History: docs/protocol.md. */
export const PROTOCOL_VERSIONS = [1] as const;
export const PROTOCOL_VERSION = 1;
export type ProtocolVersion = (typeof PROTOCOL_VERSIONS)[number];
