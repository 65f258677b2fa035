import type { Handler } from './context.ts';

export const iceServers: Handler<'ice:servers'> = async ({ ice, caller }) => ice.issue(caller);
