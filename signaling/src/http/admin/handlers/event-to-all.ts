import { AppEventContentSchema, parse } from '@parley/shared/protocol';
import type { AdminHandler } from '../route.ts';

export const eventToAll: AdminHandler = async ({ appEvents, body }) => {
  appEvents.send({ kind: 'all' }, parse(AppEventContentSchema, body));
  return {};
};
