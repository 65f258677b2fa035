import { AppEventContentSchema, ParleyError, parse } from '@parley/shared/protocol';
import { roomIdOf } from '../inputs.ts';
import type { AdminHandler } from '../route.ts';

export const eventToRoom: AdminHandler = async (request) => {
  const roomId = roomIdOf(request);
  const content = parse(AppEventContentSchema, request.body);
  if (!(await request.rooms.read(roomId))) throw new ParleyError('room_not_found');
  request.appEvents.send({ kind: 'room', roomId }, { ...content, roomId });
  return {};
};
