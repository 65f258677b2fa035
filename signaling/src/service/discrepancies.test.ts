import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RoomState, Speaker } from '../rooms/index.ts';
import { arrivalOf, TestRoom } from '../rooms/testing/room.ts';
import { discrepancies } from './discrepancies.ts';

/** A room with these in it, all of node-1. */
function roomOf(...names: string[]): { room: TestRoom; state: RoomState; speakers: Speaker[] } {
  const room = new TestRoom();
  for (const name of names) room.join(name);
  const state = room.state ?? assert.fail();
  const speakers = Object.values(state.members).map(({ id: memberId, sessionId }) => ({ memberId, sessionId }));
  return { room, state, speakers };
}

const NONE = { adrift: [], lost: [], givenUp: [] };

test('where all agree there are none', () => {
  const { state, speakers } = roomOf('ann', 'ben');
  assert.deepEqual(discrepancies(state, speakers, 'node-1'), NONE);
  assert.deepEqual(discrepancies(null, [], 'node-1'), NONE);
  assert.deepEqual(discrepancies(state, [], 'node-2'), NONE, 'members of another node are its own business');
});

test('a member without a connection is adrift, unless that is known', () => {
  const { room, state, speakers } = roomOf('ann', 'ben');
  const [ann, ben] = speakers;
  assert.ok(ann && ben);
  assert.deepEqual(discrepancies(state, [ben], 'node-1'), { ...NONE, adrift: [ann] });
  room.apply({ type: 'disconnect', ...ann });
  assert.deepEqual(discrepancies(room.state, [ben], 'node-1'), NONE);
});

test('so is one whose connection speaks for somebody else by now', () => {
  const { state, speakers } = roomOf('ann', 'ben');
  const [ann, ben] = speakers;
  assert.ok(ann && ben);
  const again = { memberId: 'ann-again', sessionId: ann.sessionId };
  assert.deepEqual(discrepancies(state, [again, ben], 'node-1'), { ...NONE, adrift: [ann], lost: [again] });
});

test('a member is not adrift for another connection that has not heard yet that it speaks for them no longer', () => {
  const { state, speakers } = roomOf('ann');
  const earlier = { memberId: 'ann', sessionId: 'session-before' };
  assert.deepEqual(discrepancies(state, [...speakers, earlier], 'node-1').adrift, []);
});

test('a connection without a member, or whose member speaks through another, is lost', () => {
  const { room, speakers } = roomOf('ann');
  const stranger = { memberId: 'cal', sessionId: 'session-cal' };
  assert.deepEqual(discrepancies(room.state, [...speakers, stranger], 'node-1').lost, [stranger]);
  assert.deepEqual(discrepancies(null, [stranger], 'node-1'), { ...NONE, lost: [stranger] });
  const { joinId } = room.member('ann') ?? assert.fail();
  room.apply({
    type: 'join',
    arrival: { ...arrivalOf('ann', 'elsewhere'), joinId },
    sfu: null,
    incarnation: 'x',
    youngUntil: null,
  });
  assert.deepEqual(discrepancies(room.state, speakers, 'node-1').lost, speakers);
});

test('a connected member whom others have given up is found', () => {
  const { room, speakers } = roomOf('ann');
  room.apply({ type: 'nodeLost', nodeId: 'node-1', at: room.now });
  assert.deepEqual(discrepancies(room.state, speakers, 'node-1'), { ...NONE, givenUp: speakers });
});
