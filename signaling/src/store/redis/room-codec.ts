import { blankRoom, type Member, type NumberedEvent, type RoomState } from '../../rooms/index.ts';

/*
 * A room in Redis is a hash: `core` (all of the state that is small), a field for each member and each producer, and
 * `v`, its version. So a change costs what has changed, whatever the size of the room.
 */

export type RoomFields = Record<string, string>;

/** A change as nodes tell each other. */
export interface RoomPatch {
  /** The version it was made from; 0: there was no room. */
  prev: number;
  version: number;
  /** The node that decided it. */
  node: string;
  set: RoomFields;
  del: string[];
  /** The room is no more. */
  ended: boolean;
  events: readonly NumberedEvent[];
}

/** A room, and which version of it this is; version 0: there is none. */
export interface Versioned {
  state: RoomState | null;
  version: number;
}

export const NO_ROOM: Versioned = { state: null, version: 0 };
export const VERSION_FIELD = 'v';
const CORE = 'core';
const MEMBER = 'm:';
const PRODUCER = 'p:';

type Producer = RoomState['producers'][number];

/** What has to be written to make `after` of `before`. States share what has not changed between them. */
export function diff(before: RoomState | null, after: RoomState): { set: RoomFields; del: string[] } {
  const set: RoomFields = {};
  const del: string[] = [];
  if (!before || !hasSameCore(before, after)) {
    const { members: _members, producers: _producers, ...core } = after;
    set[CORE] = JSON.stringify(core);
  }
  const membersBefore = before?.members ?? {};
  for (const [id, member] of Object.entries(after.members)) {
    if (!Object.hasOwn(membersBefore, id) || membersBefore[id] !== member) set[MEMBER + id] = JSON.stringify(member);
  }
  for (const id of Object.keys(membersBefore)) if (!Object.hasOwn(after.members, id)) del.push(MEMBER + id);
  if (before?.producers !== after.producers) {
    const old = new Set((before?.producers ?? []).map(fieldOfProducer));
    for (const producer of after.producers) {
      const field = fieldOfProducer(producer);
      if (!old.delete(field)) set[field] = JSON.stringify(producer);
    }
    del.push(...old);
  }
  return { set, del };
}

/** The state after a patch. */
export function patched(before: RoomState | null, { set, del, ended }: RoomPatch): RoomState | null {
  if (ended) return null;
  const { members, producers } = before ?? blankRoom('');
  const membersNow: Record<string, Member> = { ...members };
  const producersNow = new Map(producers.map((producer) => [fieldOfProducer(producer), producer]));
  for (const field of del) {
    if (field.startsWith(MEMBER)) delete membersNow[field.slice(MEMBER.length)];
    else producersNow.delete(field);
  }
  const core = set[CORE] === undefined ? before : (JSON.parse(set[CORE]) as RoomState);
  for (const [field, text] of Object.entries(set)) {
    if (field.startsWith(MEMBER)) membersNow[field.slice(MEMBER.length)] = JSON.parse(text) as Member;
    else if (field.startsWith(PRODUCER)) producersNow.set(field, JSON.parse(text) as Producer);
  }
  if (!core) return null;
  // What a node of an older version has written may lack what has come since.
  return { ...blankRoom(core.id), ...core, members: membersNow, producers: [...producersNow.values()] };
}

/** The room that a hash holds. */
export function decode(fields: RoomFields): Versioned {
  const { [VERSION_FIELD]: version, ...set } = fields;
  if (version === undefined || set[CORE] === undefined) return NO_ROOM;
  const whole: RoomPatch = { prev: 0, version: 0, node: '', set, del: [], ended: false, events: [] };
  return { state: patched(null, whole), version: Number(version) };
}

function hasSameCore(a: RoomState, b: RoomState): boolean {
  return (Object.keys(b) as (keyof RoomState)[]).every(
    (key) => key === 'members' || key === 'producers' || a[key] === b[key],
  );
}

function fieldOfProducer({ epoch, producerId }: Producer): string {
  return `${PRODUCER}${epoch}:${producerId}`;
}
