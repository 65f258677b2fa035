import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NoticeBoard, type Timers } from './notice-board.ts';

function board() {
  const due = new Map<() => void, number>();
  let now = 0;
  const timers: Timers = {
    after(ms, run) {
      due.set(run, now + ms);
      return () => due.delete(run);
    },
  };
  const notices = new NoticeBoard(timers);
  const advance = (ms: number) => {
    now += ms;
    for (const [run, at] of due) {
      if (at > now) continue;
      due.delete(run);
      run();
    }
  };
  return { notices, advance, texts: () => notices.getSnapshot().map((notice) => notice.text), due };
}

test('a crowd that arrives is one message', () => {
  const { notices, advance, texts } = board();
  for (const name of ['Ada', 'Bo', 'Cy', 'Di']) notices.joined(name);
  assert.deepEqual(texts(), []);
  advance(1000);
  assert.deepEqual(texts(), ['Ada, Bo and 2 others joined']);
});

test('who comes and goes within a breath is no news', () => {
  const { notices, advance, texts } = board();
  notices.joined('Ada');
  notices.left('Ada');
  notices.left('Bo');
  advance(1000);
  assert.deepEqual(texts(), ['Bo left']);
});

test('messages go away by themselves, and at most three are shown', () => {
  const { notices, advance, texts } = board();
  for (const text of ['1', '2', '3', '4']) notices.show(text);
  assert.deepEqual(texts(), ['2', '3', '4']);
  advance(6000);
  assert.deepEqual(texts(), []);
});

test('a newer message of a topic replaces the older one', () => {
  const { notices, texts } = board();
  notices.show('moving', 'topology');
  notices.show('other');
  notices.show('moved', 'topology');
  assert.deepEqual(texts(), ['other', 'moved']);
});

test('a closed board shows nothing and leaves no timer', () => {
  const { notices, texts, due } = board();
  notices.joined('Ada');
  notices.show('hello');
  notices.close();
  assert.deepEqual(texts(), []);
  assert.equal(due.size, 0);
});
