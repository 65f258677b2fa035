import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf, failureOfCode, forMeeting, microphoneFailureOf } from './failures.ts';

const named = (name: string, message = 'x') => Object.assign(new Error(message), { name });

test('a code of the protocol has a title and advice of its own', () => {
  assert.match(failureOfCode('room_full', '').title, /full/);
  assert.match(failureOfCode('room_full_mesh_only', '').advice, /media server/);
  assert.match(failureOf(Object.assign(new Error('gone'), { code: 'connection_lost' })).title, /cannot be reached/);
});

test('an unknown error or code shows its own message', () => {
  assert.equal(failureOf(new Error('the moon is in the way')).title, 'the moon is in the way');
  assert.equal(failureOfCode('from_the_future', 'a newer server said this').title, 'a newer server said this');
  assert.equal(failureOfCode('toString', 'not a code').title, 'not a code');
  assert.equal(failureOf('plain text').title, 'plain text');
});

test('a microphone that fails leaves the way open to listen', () => {
  for (const name of ['NotAllowedError', 'NotFoundError', 'NotReadableError', 'OverconstrainedError', 'AbortError']) {
    const failure = failureOf(named(name));
    assert.equal(failure.microphone, true, name);
    assert.match(failure.advice, /listen/);
  }
  assert.equal(microphoneFailureOf(named('TypeError', 'odd')).microphone, true);
});

test('an invalid request points at the field', () => {
  const refused = (path: string) => failureOf(Object.assign(new Error('too odd'), { code: 'invalid_request', path }));
  assert.equal(refused('name').field, 'name');
  assert.equal(refused('roomId').field, 'room');
  assert.match(refused('microphone').advice, /microphone: too odd/);
});

test('whoever meets strangers is not sent to a button that is not there', () => {
  for (const code of ['server_full', 'timeout', 'conflict', 'replaced', 'server_shutdown', 'internal']) {
    const { advice } = forMeeting(failureOfCode(code, ''));
    assert.match(advice, /[Pp]ress Meet someone/, code);
    assert.doesNotMatch(advice, /Join/, code);
  }
});
