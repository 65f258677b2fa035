import { byCodeUnit } from '@parley/shared/runtime';
import type { AdminHandler } from '../route.ts';

/** The SFU nodes that this signaling node reaches, in the order of their names. */
export const listNodes: AdminHandler = async ({ sfu }) => ({
  nodes: sfu
    .states()
    .map(({ nodeId, ...state }) => ({ id: nodeId, ...state }))
    .sort((a, b) => byCodeUnit(a.id, b.id)),
});
