import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Roster } from './roster.ts';
import { SpeakingMonitor } from './speaking.ts';

test('someone talks from the first loud moment until a pause has lasted, and never while muted', (t) => {
  const roster = new Roster('me');
  const info = { id: 'a', name: 'a', muted: false, deafened: false, silenced: false, connection: 'connected' } as const;
  const identity = { userId: 'user-a', metadata: {}, canSpeak: true, canListen: true };
  roster.apply({ ...identity, ...info });
  let level = 0;
  const monitor = new SpeakingMonitor(roster, () => level);
  t.after(() => monitor.close());
  const speaking = () => roster.participants.get('a')?.speaking;

  monitor.update(0);
  assert.equal(speaking(), false);
  level = 0.2;
  monitor.update(100);
  assert.equal(speaking(), true);
  level = 0.001;
  monitor.update(400);
  assert.equal(speaking(), true, 'a short pause is part of talking');
  monitor.update(600);
  assert.equal(speaking(), false);
  level = 0.2;
  roster.patch('a', { muted: true });
  monitor.update(700);
  assert.equal(speaking(), false);
});
