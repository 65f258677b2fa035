import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { ViewChange } from '@parley/shared/operations';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import type { Watch } from './sight.ts';
import { type Onlooker, Watchers } from './watchers.ts';

const ALL: Watch = { filter: '', roomId: null };

class FakeOnlooker implements Onlooker {
  isGone = false;
  backlog = 0;
  readonly told: ViewChange[] = [];
  tell({ change }: { change: ViewChange }): void {
    this.told.push(change);
  }
}

function scene() {
  const clock = new FakeClock();
  const looks: (readonly Watch[])[] = [];
  const world = { rooms: 1, failing: false };
  const watchers = new Watchers({
    sight: {
      look: async (watches) => {
        looks.push(watches);
        if (world.failing) throw new Error('no sight');
        const totals = { rooms: world.rooms, participants: 0, connections: 0 };
        return watches.map(({ filter }) => ({ totals, rooms: { matching: filter.length, list: [] } }));
      },
    },
    deadlineMs: 5_000,
    clock,
    logger: silentLogger,
  });
  const pass = async (ms: number) => {
    clock.advance(ms);
    await turn();
  };
  return { clock, looks, world, watchers, pass };
}

test('an onlooker sees everything at once, and then what has changed, once a second', async () => {
  const { looks, world, watchers, pass } = scene();
  const ann = new FakeOnlooker();
  watchers.watch(ann, ALL);
  await pass(0);
  assert.deepEqual(ann.told.map(Object.keys), [['totals', 'rooms']]);
  await pass(999);
  assert.equal(looks.length, 1);
  world.rooms = 2;
  await pass(1);
  assert.deepEqual(ann.told.slice(1), [{ totals: { rooms: 2, participants: 0, connections: 0 } }]);
  await pass(1_000);
  assert.equal(looks.length, 3);
  assert.equal(ann.told.length, 2, 'nothing new is not told');
});

test('who looks at something else is shown that at once, and one look serves all', async () => {
  const { looks, watchers, pass } = scene();
  const [ann, ben] = [new FakeOnlooker(), new FakeOnlooker()];
  watchers.watch(ann, ALL);
  watchers.watch(ben, ALL);
  await pass(0);
  watchers.watch(ben, { filter: 'abc', roomId: null });
  await pass(0);
  assert.equal(looks.length, 2);
  assert.deepEqual(ben.told.at(-1), { rooms: { matching: 3, list: [] } });
  assert.equal(ann.told.length, 1);
  watchers.watch(ann, { filter: '', roomId: 'nowhere' });
  await pass(0);
  assert.deepEqual(ann.told.at(-1), { rooms: { matching: 0, list: [] } }, 'an answer, though nothing has changed');
});

test('nobody looks, nothing is done', async () => {
  const { clock, looks, watchers, pass } = scene();
  const ann = new FakeOnlooker();
  watchers.watch(ann, ALL);
  await pass(0);
  watchers.leave(ann);
  await pass(1_000);
  await pass(5_000);
  assert.equal(looks.length, 2);
  assert.equal(clock.pending, 0);
});

test('who asks and has left by the time they would be heard is not looked for', async () => {
  const { clock, looks, watchers, pass } = scene();
  const ann = new FakeOnlooker();
  ann.isGone = true;
  watchers.leave(ann);
  watchers.watch(ann, ALL);
  await pass(0);
  assert.equal(looks.length, 0);
  assert.equal(clock.pending, 0);
});

test('who does not take what they are told is told nothing more, and has it all once they do', async () => {
  const { world, watchers, pass } = scene();
  const ann = new FakeOnlooker();
  watchers.watch(ann, ALL);
  await pass(0);
  ann.backlog = 100;
  for (world.rooms = 2; world.rooms < 6; world.rooms++) await pass(1_000);
  assert.equal(ann.told.length, 1);
  ann.backlog = 0;
  await pass(1_000);
  assert.equal(ann.told.at(-1)?.totals?.rooms, 6);
});

test('a look that fails is followed by another', async () => {
  const { world, watchers, pass } = scene();
  const ann = new FakeOnlooker();
  world.failing = true;
  watchers.watch(ann, ALL);
  await pass(0);
  world.failing = false;
  await pass(1_000);
  assert.equal(ann.told.length, 1);
  watchers.close();
  await pass(5_000);
  assert.equal(ann.told.length, 1);
});
