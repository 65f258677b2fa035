import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Channel } from './channel.ts';
import { FanOut } from './fan-out.ts';

/** A fan-out whose event loop turns when the test says so, and what each listener has heard. */
function stage(options: { listeners: number; chunk?: number; maxWaiting?: number }) {
  const { listeners, chunk = 10, maxWaiting = 100 } = options;
  const deferred: (() => void)[] = [];
  const fanOut = new FanOut<string>({ chunk, maxWaiting, defer: (work) => deferred.push(work) });
  const channel = new Channel<string>();
  for (let i = 0; i < listeners; i++) channel.add(`listener ${i}`);
  const heard = new Map<string, number[]>();
  const publish = (event: number, on = channel) =>
    fanOut.publish(on, (listener) => heard.set(listener, [...(heard.get(listener) ?? []), event]));
  const turn = () => deferred.shift()?.();
  const settle = () => {
    while (deferred.length > 0) turn();
  };
  const told = (event: number) => [...heard.values()].filter((events) => events.includes(event)).length;
  return { fanOut, channel, heard, publish, turn, settle, told, deferred };
}

test('a small audience is told at once', () => {
  const { publish, told, deferred } = stage({ listeners: 10 });
  publish(1);
  assert.equal(told(1), 10);
  assert.equal(deferred.length, 0);
});

test('a large audience is told in chunks, between which the event loop turns', () => {
  const { publish, told, turn, deferred } = stage({ listeners: 25 });
  publish(1);
  assert.equal(told(1), 10);
  turn();
  assert.equal(told(1), 20);
  turn();
  assert.equal(told(1), 25);
  assert.equal(deferred.length, 0);
});

test('no turn tells more than one chunk, of however many events', () => {
  const { publish, heard, turn, settle } = stage({ listeners: 15 });
  const count = () => [...heard.values()].flat().length;
  for (let event = 1; event <= 4; event++) publish(event);
  assert.equal(count(), 10);
  for (const expected of [20, 30, 40, 50, 60]) {
    turn();
    assert.equal(count(), expected);
  }
  settle();
  assert.equal(count(), 60);
});

test('every listener hears all events in their order, also when the channel has become small', () => {
  const { publish, channel, heard, settle } = stage({ listeners: 25 });
  publish(1);
  publish(2);
  for (let i = 5; i < 25; i++) channel.delete(`listener ${i}`);
  publish(3);
  settle();
  publish(4);
  for (let i = 0; i < 5; i++) assert.deepEqual(heard.get(`listener ${i}`), [1, 2, 3, 4]);
});

test('a small channel does not wait for a large one', () => {
  const { publish, heard } = stage({ listeners: 25 });
  const small = new Channel<string>();
  small.add('someone');
  publish(1);
  publish(2, small);
  assert.deepEqual(heard.get('someone'), [2]);
});

test('who comes in the middle hears the events after that, each once', () => {
  const { publish, channel, heard, turn, settle } = stage({ listeners: 25 });
  publish(1);
  publish(2);
  channel.add('newcomer');
  turn();
  publish(3);
  settle();
  assert.deepEqual(heard.get('newcomer'), [3]);
});

test('who leaves in the middle hears nothing more; who comes back is new', () => {
  const { publish, channel, heard, settle } = stage({ listeners: 25 });
  publish(1);
  channel.delete('listener 0');
  channel.delete('listener 20');
  channel.delete('listener 21');
  channel.add('listener 0');
  channel.add('listener 21');
  publish(2);
  settle();
  assert.deepEqual(heard.get('listener 0'), [1, 2]);
  assert.equal(heard.get('listener 20'), undefined);
  assert.deepEqual(heard.get('listener 21'), [2]);
});

test('the queue is bounded: the oldest event is finished rather than dropped', () => {
  const { fanOut, publish, heard, settle } = stage({ listeners: 50, maxWaiting: 3 });
  for (let event = 1; event <= 10; event++) {
    publish(event);
    assert.ok(fanOut.waiting <= 3, `${fanOut.waiting} wait`);
  }
  settle();
  for (const events of heard.values()) assert.deepEqual(events, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.equal(heard.size, 50);
  assert.equal(fanOut.waiting, 0);
});

test('an event that nobody would hear is none', () => {
  const { fanOut, publish } = stage({ listeners: 0 });
  publish(1);
  assert.equal(fanOut.waiting, 0);
});

test('nothing is told after closing', () => {
  const { fanOut, publish, told, settle } = stage({ listeners: 25 });
  publish(1);
  fanOut.close();
  settle();
  publish(2);
  assert.equal(told(1), 10);
  assert.equal(told(2), 0);
});

test('it is said when the last has been told, not before', () => {
  const { fanOut, channel, settle } = stage({ listeners: 25 });
  const done: string[] = [];
  let told = 0;
  fanOut.publish(
    channel,
    () => told++,
    () => done.push(`large after ${told}`),
  );
  assert.equal(done.length, 0);
  settle();
  const small = new Channel<string>();
  small.add('one');
  fanOut.publish(
    small,
    () => {},
    () => done.push('small'),
  );
  assert.deepEqual(done, ['large after 25', 'small']);
});
