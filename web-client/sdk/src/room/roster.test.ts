import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ParticipantInfo } from '@parley/shared/protocol';
import { Roster } from './roster.ts';

const info = (id: string, changes: Partial<ParticipantInfo> = {}): ParticipantInfo => ({
  id,
  userId: `user-${id}`,
  name: id,
  metadata: {},
  muted: false,
  deafened: false,
  silenced: false,
  connection: 'connected',
  canSpeak: true,
  canListen: true,
  ...changes,
});

function setUp() {
  const roster = new Roster('me');
  const seen: string[] = [];
  roster.on('joined', ({ id }) => seen.push(`+${id}`));
  roster.on('left', ({ id }) => seen.push(`-${id}`));
  roster.on('updated', ({ id }) => seen.push(`~${id}`));
  roster.reset([info('me'), info('a'), info('b')], false);
  seen.length = 0;
  return { roster, seen };
}

test('a snapshot tells the difference, and only that', () => {
  const { roster, seen } = setUp();
  roster.reset([info('me'), info('a', { muted: true }), info('c')], false);
  assert.deepEqual(seen, ['~a', '+c', '-b']);
});

test('while a server heals, who is missing is reconnecting and not gone', () => {
  const { roster, seen } = setUp();
  roster.reset([info('me'), info('a')], true);
  assert.deepEqual(seen, ['~b']);
  assert.equal(roster.participants.get('b')?.connection, 'reconnecting');
  roster.apply(info('b'));
  assert.equal(roster.participants.get('b')?.connection, 'connected');
  assert.deepEqual(seen, ['~b', '~b'], 'nobody left and nobody joined');
});

test('an update that changes nothing is not one; one that does makes a new object', () => {
  const { roster, seen } = setUp();
  const before = roster.participants.get('a');
  roster.patch('a', { muted: false, speaking: false });
  assert.equal(roster.participants.get('a'), before);
  roster.patch('a', { speaking: true });
  assert.notEqual(roster.participants.get('a'), before);
  assert.deepEqual(seen, ['~a']);
});
