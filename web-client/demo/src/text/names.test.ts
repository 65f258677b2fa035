import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hash, initials, listNames, nameProblem, suggestRoom } from './names.ts';

test('accepts what the protocol accepts', () => {
  for (const name of ['Ada', ' Ada ', 'x'.repeat(64), '🚢'.repeat(64), 'José', '李雷', '👩‍🚀']) {
    assert.equal(nameProblem(name, 'name'), undefined, name);
  }
});

test('says what is wrong with the rest', () => {
  assert.match(nameProblem('', 'name') ?? '', /who you are/);
  assert.match(nameProblem('   ', 'room') ?? '', /Name the room/);
  assert.match(nameProblem('x'.repeat(65), 'room') ?? '', /65 characters/);
  for (const name of ['a\u0007b', 'a\u202eb', 'a\u2028b', 'a\ud800b']) {
    assert.match(nameProblem(name, 'name') ?? '', /control character/);
  }
});

test('initials come from the first and the last word', () => {
  assert.equal(initials('Ada Lovelace'), 'AL');
  assert.equal(initials('ada'), 'A');
  assert.equal(initials('grace brewster murray hopper'), 'GH');
  assert.equal(initials('bot-07'), 'B0');
  assert.equal(initials('李雷'), '李');
  assert.equal(initials('👩‍🚀 Sally'), '👩‍🚀S');
  assert.equal(initials('…'), '?');
});

test('lists names without becoming long', () => {
  assert.equal(listNames(['Ada']), 'Ada');
  assert.equal(listNames(['Ada', 'Bo']), 'Ada and Bo');
  assert.equal(listNames(['Ada', 'Bo', 'Cy']), 'Ada, Bo and Cy');
  assert.equal(listNames(['Ada', 'Bo', 'Cy', 'Di', 'Ed']), 'Ada, Bo and 3 others');
});

test('a name always has the same hash', () => {
  assert.equal(hash('Ada'), hash('Ada'));
  assert.notEqual(hash('Ada'), hash('Bo'));
});

test('suggested rooms are valid names at both ends of chance', () => {
  for (const random of [() => 0, () => 0.999999]) assert.equal(nameProblem(suggestRoom(random), 'room'), undefined);
});
