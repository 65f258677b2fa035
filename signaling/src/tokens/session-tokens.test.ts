import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import fc from 'fast-check';
import { SessionTokens } from './session-tokens.ts';

const clock = new FakeClock();
const tokens = new SessionTokens({ secret: 'a secret', clock, lifetimeMs: 1000 });
const who = {
  roomId: 'lobby',
  incarnation: 'first',
  participantId: 'p',
  userId: 'guest:a',
  name: 'Ann',
  joinId: 'join-of-ann',
};
const room = {
  roomId: 'lobby',
  incarnation: 'first',
  topology: { phase: 'sfu' as const, epoch: 3, active: { kind: 'sfu' as const, epoch: 2 }, next: null },
  sfu: { sfuRoomId: 'room', nodeId: 'node', epoch: 2 },
  nextSfu: { sfuRoomId: 'another', nodeId: 'node', epoch: 4 },
};
const rejected = { code: 'resume_rejected' };

test('what was signed is read back', () => {
  assert.deepEqual(tokens.readResume(tokens.issueResume(who)), who);
  assert.deepEqual(tokens.readTopology(tokens.issueTopology(room)), room);
});

test('the longest names fit the protocol’s limit of 2048 characters', () => {
  const long = '👋'.repeat(64);
  const token = tokens.issueResume({ ...who, roomId: long, name: long, joinId: 'j'.repeat(64) });
  assert.ok(token.length <= 2048, `${token.length}`);
  const sfu = { sfuRoomId: 's'.repeat(64), nodeId: 'n'.repeat(64), epoch: Number.MAX_SAFE_INTEGER };
  assert.ok(tokens.issueTopology({ ...room, roomId: long, sfu, nextSfu: sfu }).length <= 2048);
});

test('a token of one kind is none of the other', () => {
  assert.throws(() => tokens.readTopology(tokens.issueResume(who)), rejected);
  assert.throws(() => tokens.readResume(tokens.issueTopology(room)), rejected);
});

test('a token ends', () => {
  const token = tokens.issueResume(who);
  clock.advance(999);
  tokens.readResume(token);
  clock.advance(1);
  assert.throws(() => tokens.readResume(token), rejected);
});

test('another secret signs other tokens', () => {
  const other = new SessionTokens({ secret: 'another secret', clock, lifetimeMs: 1000 });
  assert.throws(() => tokens.readResume(other.issueResume(who)), rejected);
});

test('nothing but what was signed is read', () => {
  const token = tokens.issueResume(who);
  fc.assert(
    fc.property(fc.nat({ max: token.length - 1 }), fc.constantFrom(...'ABab01-_.'), (at, character) => {
      const changed = token.slice(0, at) + character + token.slice(at + 1);
      if (changed === token) return;
      try {
        // The last character of base64url may carry bits that mean nothing.
        assert.deepEqual(tokens.readResume(changed), who);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'resume_rejected');
      }
    }),
  );
  fc.assert(
    fc.property(fc.string(), (garbage) => {
      assert.throws(() => tokens.readResume(garbage), rejected);
      assert.throws(() => tokens.readResume(`${garbage}.${garbage}`), rejected);
    }),
  );
});
