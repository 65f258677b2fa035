import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GRACE_MS, World } from './testing/world.ts';

const NODES = ['a', 'b', 'c'] as const;
const node = fc.constantFrom(...NODES);
const user = fc.constantFrom('ann', 'ben', 'cal', 'dan', 'eve');
const room = fc.constantFrom('lobby', 'attic', 'yard');
const which = fc.nat(20);

type Step = (world: World) => void;

/** Some live connection, if there is any. */
const pick = (world: World, n: number) => [...world.connections.keys()][n % Math.max(1, world.connections.size)];

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(node, user, fc.array(room, { maxLength: 2 })).map(connect) },
  { weight: 3, arbitrary: fc.tuple(which, fc.constantFrom('dropped' as const, 'goodbye' as const)).map(end) },
  { weight: 3, arbitrary: fc.tuple(which, room, fc.boolean()).map(move) },
  { weight: 1, arbitrary: fc.tuple(node, fc.boolean()).map(killOrStart) },
  { weight: 1, arbitrary: fc.tuple(node, node).map(suspect) },
  { weight: 2, arbitrary: fc.constantFrom(0, 0.3, 1).map(lose) },
  { weight: 1, arbitrary: fc.constantFrom<Step>((world) => world.store.flush(), toggleStore) },
);

function connect([nodeId, userId, rooms]: [string, string, string[]]): Step {
  return (world) => {
    if (world.nodes.has(nodeId)) world.connect(nodeId, userId, ...rooms);
  };
}

function end([n, how]: [number, 'dropped' | 'goodbye']): Step {
  return (world) => {
    const id = pick(world, n);
    if (id) world.end(id, how);
  };
}

function move([n, roomId, enters]: [number, string, boolean]): Step {
  return (world) => {
    const id = pick(world, n);
    if (!id) return;
    if (enters) world.enter(id, roomId);
    else world.exit(id, roomId);
  };
}

/** A node dies and the others notice, or it is back before they do. */
function killOrStart([nodeId, isNoticed]: [string, boolean]): Step {
  return (world) => {
    const runs = world.nodes.has(nodeId);
    if (runs) world.kill(nodeId, isNoticed);
    if (!runs || !isNoticed) world.start(nodeId);
  };
}

/** One node takes another for dead that is not. */
function suspect([by, of]: [string, string]): Step {
  return (world) => world.nodes.get(by)?.presence.nodeDown(of);
}

function lose(share: number): Step {
  return (world) => {
    let n = 0;
    world.loses = () => {
      n += share;
      return n % 1 < share;
    };
  };
}

function toggleStore(world: World): void {
  world.store.isDown = !world.store.isDown;
}

test('whatever happens in whatever order, in the end every node knows who is where', async () => {
  const script = fc.array(fc.tuple(step, fc.constantFrom(0, 50, 300, 2_500, 11_000)), { minLength: 5, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(script, async (steps) => {
      const world = new World();
      for (const nodeId of NODES) world.start(nodeId);
      for (const [act, ms] of steps) {
        act(world);
        await world.pass(ms);
      }
      world.loses = () => false;
      world.store.isDown = false;
      await world.pass(GRACE_MS + 6_000);
      for (const nodeId of world.nodes.keys()) assert.deepEqual(world.seenBy(nodeId), world.truth, `seen by ${nodeId}`);
      for (const { presence } of world.nodes.values()) presence.close();
      assert.equal(world.clock.pending, 0, 'no timer is left');
    }),
    { numRuns: 300 },
  );
});
