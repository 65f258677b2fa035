import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type * as v from 'valibot';
import { ParleyError } from './errors.ts';
import { RoomEventSchema, SERVER_EVENTS, type ServerEventName } from './events.ts';
import { events } from './golden/events.ts';
import type { Golden } from './golden/golden.ts';
import { matchEvents, matchRequests } from './golden/match.ts';
import { mediaRequests } from './golden/media.ts';
import { join, requests } from './golden/requests.ts';
import { roomEvents } from './golden/room-events.ts';
import { parse } from './parse.ts';
import { REQUESTS, type RequestName } from './requests.ts';

/*
 * Messages as they are on the wire, good and bad. A good one must go on being understood, and mean the same; a bad one
 * must be refused with the path of the field that is wrong. Changing one of these changes the protocol.
 */

const allRequests: { [R in RequestName]: Golden } = { ...requests, ...mediaRequests, ...matchRequests };
const allEvents: { [E in ServerEventName]: Golden } = { ...events, ...matchEvents };

function check(schema: v.GenericSchema, { good, bad }: Golden): void {
  for (const message of good) assert.deepEqual(parse(schema, message), message);
  for (const [message, where] of bad) {
    assert.throws(
      () => parse(schema, message),
      (error) => error instanceof ParleyError && error.code === 'invalid_request' && error.path === where,
      `${JSON.stringify(message)?.slice(0, 300)} should be wrong at "${where}"`,
    );
  }
}

describe('golden messages', () => {
  for (const [name, golden] of Object.entries(allRequests)) {
    test(name, () => check(REQUESTS[name as RequestName].input, golden));
  }
  for (const [type, golden] of Object.entries(roomEvents)) {
    test(`room:event ${type}`, () => check(RoomEventSchema, golden));
  }
  for (const [name, golden] of Object.entries(allEvents)) {
    test(name, () => check(SERVER_EVENTS[name as ServerEventName], golden));
  }

  test('what a schema does not know is dropped, names are trimmed', () => {
    const understood = parse(REQUESTS['room:join'].input, {
      ...join,
      name: '  Ann ',
      admin: true,
      __proto__: { x: 1 },
    });
    assert.deepEqual(understood, join);
    const key = JSON.parse(`{"roomId":"lobby","__proto__":{"polluted":true}}`);
    assert.equal((parse(REQUESTS['room:leave'].input, key) as { polluted?: boolean }).polluted, undefined);
  });
});
