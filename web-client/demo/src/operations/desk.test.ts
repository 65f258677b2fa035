import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Desk } from './desk.ts';
import type { LineEvents } from './line.ts';

function scene() {
  const asked: [string, unknown][] = [];
  const lines: { key: string; events: LineEvents; closed: boolean }[] = [];
  const answer: { refusal: unknown } = { refusal: null };
  const desk = new Desk(
    (key, events) => {
      const line = { key, events, closed: false };
      lines.push(line);
      return {
        ask: async (name, input) => {
          asked.push([name, input]);
          if (answer.refusal) throw answer.refusal;
        },
        close: () => {
          line.closed = true;
        },
      };
    },
    () => 1_000,
  );
  const open = () => {
    desk.open('key');
    const line = lines.at(-1);
    assert.ok(line);
    line.events.up();
    return line;
  };
  const state = () => {
    const now = desk.getSnapshot();
    assert.equal(now.phase, 'open');
    return now.phase === 'open' ? now : assert.fail();
  };
  return { desk, lines, asked, answer, open, state };
}

test('a wrong key is said in words, and another can be tried', () => {
  const { desk, lines, open, state } = scene();
  desk.open('wrong');
  assert.equal(desk.getSnapshot().phase, 'opening');
  lines[0]?.events.refused({ code: 'unauthorized' });
  const shut = desk.getSnapshot();
  assert.ok(shut.phase === 'shut' && shut.failure?.title.includes('not the key'));
  assert.equal(lines[0]?.closed, true);
  open();
  assert.deepEqual(state().view, {});
});

test('what is told is put together, part by part', () => {
  const { asked, open, state } = scene();
  const line = open();
  assert.deepEqual(asked, [['watch', { filter: '', roomId: null }]]);
  line.events.view(5, { isStoreUp: true, rooms: { matching: 0, list: [] } });
  line.events.view(6, { isStoreUp: false });
  assert.deepEqual([state().at, state().view], [6, { isStoreUp: false, rooms: { matching: 0, list: [] } }]);
});

test('of a room that is looked into nothing is shown until the server has told of it', () => {
  const { desk, asked, open, state } = scene();
  const line = open();
  line.events.view(5, { room: null });
  desk.watch({ roomId: 'lobby' });
  assert.deepEqual(asked.at(-1), ['watch', { filter: '', roomId: 'lobby' }]);
  assert.equal(state().view.room, undefined);
  line.events.view(6, { room: null });
  desk.watch({ filter: 'x' });
  assert.equal(state().view.room, null);
});

test('a line that is lost is said, and what was wished meanwhile is asked when it is back', () => {
  const { desk, asked, open, state } = scene();
  const line = open();
  line.events.view(5, { isStoreUp: true });
  line.events.down();
  assert.equal(state().lostSince, 1_000);
  desk.watch({ filter: 'lob' });
  assert.equal(asked.length, 1);
  line.events.up();
  assert.deepEqual(asked.at(-1), ['watch', { filter: 'lob', roomId: null }]);
  assert.deepEqual([state().lostSince, state().view], [null, { isStoreUp: true }]);
});

test('an action is asked of the server, and fails with its word; shut, there is nothing to ask', async () => {
  const { desk, asked, answer, open } = scene();
  const line = open();
  await desk.act(['room:end', { roomId: 'lobby' }]);
  assert.deepEqual(asked.at(-1), ['room:end', { roomId: 'lobby' }]);
  answer.refusal = { code: 'room_not_found' };
  await assert.rejects(desk.act(['room:end', { roomId: 'lobby' }]), (error) => error === answer.refusal);
  desk.shut();
  assert.equal(line.closed, true);
  assert.deepEqual(desk.getSnapshot(), { phase: 'shut', failure: null });
  await assert.rejects(desk.act(['room:end', { roomId: 'lobby' }]), { code: 'connection_lost' });
});
