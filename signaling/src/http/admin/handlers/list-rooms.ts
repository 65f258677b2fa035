import { parse, RoomIdSchema } from '@parley/shared/protocol';
import { byCodeUnit } from '@parley/shared/runtime';
import * as v from 'valibot';
import { type RoomState, sizeOf } from '../../../rooms/index.ts';
import type { AdminHandler } from '../route.ts';

const MAX_PAGE = 200;

const Query = v.object({
  limit: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,3}$/, `must be 1 to ${MAX_PAGE}`),
      v.transform(Number),
      v.minValue(1),
      v.maxValue(MAX_PAGE),
    ),
    '50',
  ),
  after: v.optional(RoomIdSchema),
});

/** A page of rooms in the order of their names; `next` is what to ask for `after` this one, null at the end. */
export const listRooms: AdminHandler = async ({ query, rooms }) => {
  const { limit, after } = parse(Query, Object.fromEntries(query));
  const ids = (await rooms.ids()).filter((id) => after === undefined || id > after).sort(byCodeUnit);
  const page = ids.slice(0, limit);
  const states = await Promise.all(page.map((id) => rooms.read(id)));
  return {
    rooms: states.filter((state) => state !== null).map(summaryOf),
    next: ids.length > limit ? (page.at(-1) ?? null) : null,
  };
};

function summaryOf(state: RoomState) {
  const { id: roomId, locked, topology } = state;
  return { roomId, participants: sizeOf(state), topology: topology.phase, locked };
}
