/** What becomes of connections that nobody is behind: never became one, does not read, answers no ping. */
export const SWEPT_CONNECTIONS = ['socket_half_open', 'socket_slow', 'socket_silent'] as const;
export type SweptConnection = (typeof SWEPT_CONNECTIONS)[number];
