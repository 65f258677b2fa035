import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PresenceChanged } from './audience.ts';
import { GRACE_MS, INTERVAL_MS, World } from './testing/world.ts';

/** More than one coalescing of changes on the way and one at the watcher's node. */
const SOON_MS = INTERVAL_MS + 200;

function setUp(...nodeIds: string[]): World {
  const world = new World();
  for (const nodeId of nodeIds) world.start(nodeId);
  return world;
}

function watch(world: World, nodeId: string, userIds?: string[]) {
  const node = world.node(nodeId);
  const id = world.newId();
  const snapshot = node.presence.watch(id, userIds);
  const told = () => node.told.get(id) ?? [];
  return { id, snapshot, told, last: () => told().at(-1) };
}

const offline = (events: PresenceChanged[]) => events.flatMap((event) => event.offline);

test('who comes, moves between rooms, and goes is told at every node, each change once', async () => {
  const world = setUp('a', 'b');
  const watchers = ['a', 'b'].map((nodeId) => watch(world, nodeId));
  const ann = world.connect('a', 'ann', 'lobby');
  await world.pass(SOON_MS);
  world.enter(ann, 'attic');
  await world.pass(SOON_MS);
  world.end(ann, 'goodbye');
  await world.pass(SOON_MS);
  for (const { told } of watchers) {
    assert.deepEqual(told(), [
      { watchId: 'everyone', seq: 1, online: [{ userId: 'ann', rooms: ['lobby'] }], offline: [], total: 1 },
      { watchId: 'everyone', seq: 2, online: [{ userId: 'ann', rooms: ['attic', 'lobby'] }], offline: [], total: 1 },
      { watchId: 'everyone', seq: 3, online: [], offline: ['ann'], total: 0 },
    ]);
  }
});

test('what happens within one interval is told as one change, and what comes to nothing not at all', async () => {
  const world = setUp('a');
  const { told } = watch(world, 'a', ['ann', 'ben']);
  const ann = world.connect('a', 'ann');
  world.end(world.connect('a', 'ben'), 'goodbye');
  for (const room of ['lobby', 'attic', 'yard']) world.enter(ann, room);
  world.exit(ann, 'attic');
  await world.pass(SOON_MS);
  assert.deepEqual(told(), [
    { watchId: '1', seq: 1, online: [{ userId: 'ann', rooms: ['lobby', 'yard'] }], offline: [], total: 1 },
  ]);
});

test('who watches some users hears of nobody else', async () => {
  const world = setUp('a', 'b');
  const { snapshot, told } = watch(world, 'b', ['ann']);
  assert.deepEqual(snapshot, { watchId: '1', seq: 0, users: [], total: 0 });
  world.connect('a', 'ben', 'lobby');
  world.connect('b', 'cal', 'lobby');
  await world.pass(SOON_MS);
  assert.deepEqual(told(), []);
  world.connect('a', 'ann');
  await world.pass(SOON_MS);
  assert.deepEqual(told(), [{ watchId: '1', seq: 1, online: [{ userId: 'ann', rooms: [] }], offline: [], total: 1 }]);
});

test('an ended watch is silent, and so is that of a connection that has gone', async () => {
  const world = setUp('a');
  const { presence } = world.node('a');
  const [everyone, some, gone] = [watch(world, 'a'), watch(world, 'a', ['ann']), watch(world, 'a', ['ann'])];
  assert.equal(presence.watches, 3);
  presence.unwatch(everyone.id, everyone.snapshot.watchId);
  presence.unwatch(some.id, some.snapshot.watchId);
  presence.unwatch(some.id, some.snapshot.watchId);
  presence.disconnected(gone.id, true);
  assert.equal(presence.watches, 0);
  world.connect('a', 'ann');
  await world.pass(SOON_MS);
  assert.deepEqual([...everyone.told(), ...some.told(), ...gone.told()], []);
});

test('a connection has at most 16 watches', () => {
  const world = setUp('a');
  const { presence } = world.node('a');
  for (let i = 0; i < 15; i++) presence.watch('c', ['ann']);
  presence.watch('c', undefined);
  presence.watch('c', undefined);
  assert.throws(() => presence.watch('c', ['ann']), { code: 'conflict' });
  assert.equal(presence.watches, 16);
});

test('rooms of matches are nobody else’s business', async () => {
  const world = setUp('a');
  const { last } = watch(world, 'a');
  world.connect('a', 'ann', 'match:x7', 'lobby');
  await world.pass(SOON_MS);
  assert.deepEqual(last()?.online, [{ userId: 'ann', rooms: ['lobby'] }]);
});

test('a dropped connection counts for the grace, as it was; then its user is gone', async () => {
  const world = setUp('a', 'b');
  const { told, last } = watch(world, 'b', ['ann']);
  const ann = world.connect('a', 'ann', 'lobby');
  await world.pass(SOON_MS);
  world.end(ann, 'dropped');
  await world.pass(GRACE_MS - 100);
  assert.equal(told().length, 1);
  await world.pass(SOON_MS + 100);
  assert.deepEqual(last()?.offline, ['ann']);
});

for (const [title, to] of [
  ['the same node', 'a'],
  ['another node', 'b'],
]) {
  test(`who is back at ${title} within the grace has never left, nor their rooms`, async () => {
    const world = setUp('a', 'b', 'c');
    const { told } = watch(world, 'c', ['ann']);
    const ann = world.connect('a', 'ann', 'lobby');
    await world.pass(SOON_MS);
    world.end(ann, 'dropped');
    await world.pass(3_000);
    const back = world.connect(to ?? '', 'ann');
    await world.pass(1_500);
    world.enter(back, 'lobby');
    await world.pass(GRACE_MS * 2);
    assert.equal(told().length, 1, JSON.stringify(told()));
    world.exit(back, 'lobby');
    await world.pass(SOON_MS);
    assert.deepEqual(told()[1]?.online, [{ userId: 'ann', rooms: [] }]);
  });
}

test('rooms that someone who is back did not take up again end soon', async () => {
  const world = setUp('a', 'b');
  const { last } = watch(world, 'b', ['ann']);
  world.end(world.connect('a', 'ann', 'lobby'), 'dropped');
  await world.pass(1_000);
  world.connect('b', 'ann', 'attic');
  await world.pass(SOON_MS);
  assert.deepEqual(last()?.online, [{ userId: 'ann', rooms: ['attic', 'lobby'] }]);
  await world.pass(2_000);
  assert.deepEqual(last()?.online, [{ userId: 'ann', rooms: ['attic'] }]);
});

test('a newer connection elsewhere outlives the drop of an older one that is noticed late', async () => {
  const world = setUp('a', 'b');
  const { told, last } = watch(world, 'b', ['ann']);
  const old = world.connect('a', 'ann', 'lobby');
  await world.pass(SOON_MS);
  const back = world.connect('b', 'ann', 'lobby');
  await world.pass(5_000);
  world.end(old, 'dropped');
  await world.pass(1_000);
  world.exit(back, 'lobby');
  await world.pass(3_000);
  assert.equal(told().length, 2);
  assert.deepEqual(last()?.online, [{ userId: 'ann', rooms: [] }]);
});

test('users of a dead node are gone after the grace, but for those who have appeared elsewhere', async () => {
  const world = setUp('a', 'b', 'c');
  const { told } = watch(world, 'c');
  world.connect('a', 'ann', 'lobby');
  world.connect('a', 'ben', 'lobby');
  await world.pass(SOON_MS);
  world.kill('a');
  await world.pass(4_000);
  world.connect('b', 'ann', 'lobby');
  await world.pass(GRACE_MS - 4_100);
  assert.deepEqual(offline(told()), []);
  await world.pass(SOON_MS + 100);
  assert.deepEqual(offline(told()), ['ben']);
  assert.deepEqual(world.seenBy('c'), { ann: ['lobby'] });
});

test('a node that restarts under its name loses nobody who comes back in time', async () => {
  const world = setUp('a', 'b');
  const { told } = watch(world, 'b');
  world.connect('a', 'ann', 'lobby');
  world.connect('a', 'ben', 'lobby');
  await world.pass(SOON_MS);
  world.kill('a', false);
  world.start('a');
  await world.pass(3_000);
  world.connect('a', 'ann', 'lobby');
  await world.pass(GRACE_MS + 3_000);
  assert.deepEqual(offline(told()), ['ben']);
});

test('a node that was thought dead and is not loses nobody', async () => {
  const world = setUp('a', 'b');
  const { told } = watch(world, 'b');
  world.connect('a', 'ann', 'lobby');
  await world.pass(SOON_MS);
  for (let i = 0; i < 3; i++) {
    world.node('b').presence.nodeDown('a');
    await world.pass(GRACE_MS - 1_000);
  }
  await world.pass(GRACE_MS);
  assert.deepEqual(offline(told()), []);
});

test('a lost message is found out at the next beat', async () => {
  const world = setUp('a', 'b');
  world.loses = () => true;
  world.connect('a', 'ann', 'lobby');
  await world.pass(1_000);
  world.loses = () => false;
  assert.deepEqual(world.seenBy('b'), {});
  await world.pass(2_000);
  assert.deepEqual(world.seenBy('b'), { ann: ['lobby'] });
  assert.equal(world.node('b').repairs, 1);
});

test('a node that comes later knows everyone at once; after the store has forgotten all, within two beats', async () => {
  const world = setUp('a');
  world.connect('a', 'ann', 'lobby');
  await world.pass(SOON_MS);
  world.start('b');
  await world.pass(SOON_MS);
  assert.deepEqual(world.seenBy('b'), { ann: ['lobby'] });
  world.store.flush();
  world.start('c');
  await world.pass(4_000);
  assert.deepEqual(world.seenBy('c'), { ann: ['lobby'] });
});

test('a node that dies while what it has laid down is being read leaves nobody behind', async () => {
  const world = setUp('a', 'b');
  world.connect('a', 'ann', 'lobby');
  await world.pass(4_000);
  // It asks the store about `a`, and hears of its death before the answer.
  world.start('c');
  world.kill('a');
  await world.pass(GRACE_MS + 1_000);
  for (const nodeId of ['b', 'c']) assert.deepEqual(world.seenBy(nodeId), {}, nodeId);
});

test('while the store is out of reach nobody leaves; what changed meanwhile is made up for', async () => {
  const world = setUp('a', 'b');
  const { told } = watch(world, 'b');
  const ann = world.connect('a', 'ann', 'lobby');
  world.connect('a', 'ben');
  await world.pass(SOON_MS);
  world.store.isDown = true;
  world.loses = () => true;
  world.enter(ann, 'attic');
  world.connect('a', 'cal');
  await world.pass(60_000);
  assert.deepEqual(offline(told()), []);
  world.store.isDown = false;
  world.store.flush();
  world.loses = () => false;
  await world.pass(4_000);
  assert.deepEqual(world.seenBy('b'), { ann: ['attic', 'lobby'], ben: [], cal: [] });
});

test('of very many, everyone’s list shows the first thousand and how many there are; places are filled up', async () => {
  const world = setUp('a');
  const { told } = watch(world, 'a');
  const first = world.connect('a', 'user-0');
  for (let i = 1; i < 1_500; i++) world.connect('a', `user-${i}`);
  await world.pass(SOON_MS);
  assert.deepEqual(
    told().map(({ online, total }) => [online.length, total]),
    [
      [500, 1_500],
      [500, 1_500],
    ],
  );
  const late = watch(world, 'a').snapshot;
  assert.deepEqual([late.users.length, late.total, late.seq], [1_000, 1_500, 2]);
  world.end(first, 'goodbye');
  await world.pass(SOON_MS);
  assert.deepEqual(told()[2], {
    watchId: 'everyone',
    seq: 3,
    online: [{ userId: 'user-1000', rooms: [] }],
    offline: ['user-0'],
    total: 1_499,
  });
  world.connect('a', 'one more');
  await world.pass(INTERVAL_MS * 3);
  assert.equal(told().length, 3, 'nothing on the list has changed');
  await world.pass(INTERVAL_MS * 10);
  assert.deepEqual(told()[3], { watchId: 'everyone', seq: 4, online: [], offline: [], total: 1_500 });
  assert.equal(told().length, 4);
});

test('one change costs no more among ten thousand than among ten', async () => {
  const world = setUp('a', 'b');
  for (let i = 0; i < 10_000; i++) world.connect('a', `user-${i}`, 'lobby');
  await world.pass(SOON_MS);
  assert.equal(world.node('b').presence.users, 10_000);
  let messages = 0;
  let bytes = 0;
  const publish = world.publish.bind(world);
  world.publish = (from, message) => {
    if (message.type === 'presenceChanged') {
      messages++;
      bytes += JSON.stringify(message).length;
    }
    publish(from, message);
  };
  world.connect('a', 'ann');
  await world.pass(SOON_MS);
  assert.deepEqual([messages, bytes < 200], [1, true]);
});
