import type { Handlers } from './types.ts';

export const nodeHandlers: Pick<Handlers, 'node:drain'> = {
  'node:drain': ({ drain }, { deadlineMs }) => {
    drain(deadlineMs);
    return {};
  },
};
