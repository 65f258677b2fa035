import { mediaHandlers } from './media.ts';
import { nodeHandlers } from './node.ts';
import { peerHandlers } from './peer.ts';
import { roomHandlers } from './room.ts';
import type { Handlers } from './types.ts';

/** One handler for each request of the contract; the type holds that none is missing. */
export const handlers: Handlers = { ...nodeHandlers, ...roomHandlers, ...peerHandlers, ...mediaHandlers };
export type { ControlContext } from './types.ts';
