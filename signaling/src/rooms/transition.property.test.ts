import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { membersOf, sfuPathsOf, sizeOf, wantsSfu } from './state.ts';
import { command, everyoneIsReady, findNoSfu, run, settle } from './testing/commands.ts';
import { SETTINGS } from './testing/room.ts';
import { World } from './testing/world.ts';

const runs = Number(process.env.PROPERTY_RUNS ?? 500);

/** A room made anew is on a path of the same number as the one that comes back, and someone sends on both. */
const TWO_PATHS_OF_ONE_NUMBER: Parameters<typeof run>[1][] = [
  { op: 'crowd' },
  { op: 'thin', keep: 1 },
  { op: 'allReady' },
  { op: 'crowd' },
  { op: 'restart' },
  { op: 'crowd' },
  { op: 'produce', who: 1, delta: 0, isNext: false },
  { op: 'resume', who: 1, available: false, old: true },
];

test('whatever happens, the room stays one that can be, and settles', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80, size: 'max' }), (commands) => {
      const world = new World();
      for (const command of commands) run(world, command);
      settle(world);
      const { state } = world;
      if (!state) return;
      const { phase, next } = state.topology;
      assert.equal(next, null, 'no handover goes on for ever');
      assert.equal(state.healingUntil, null);
      if (wantsSfu(state, SETTINGS)) assert.equal(phase, 'sfu', 'a large room is on an SFU');
      else if (sizeOf(state) <= SETTINGS.meshReturnPeers) assert.equal(phase, 'mesh', 'a small room is a mesh');
      if (phase === 'sfu') assert.notEqual(state.sfu, null);
      assert.equal(state.leaving, null, 'nobody is left on a node that goes away');
      for (const { id: memberId, sessionId } of membersOf(state)) world.apply({ type: 'leave', memberId, sessionId });
      assert.equal(world.state, null, 'an empty room is over');
      assert.ok(![...world.sfus.values()].includes('held'), 'and holds no SFU room');
    }),
    { numRuns: runs, examples: [[TWO_PATHS_OF_ONE_NUMBER]] },
  );
});

test('without any SFU, everyone who fits ends up in a mesh, and nobody is thrown out', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60, size: 'max' }), (commands) => {
      const world = new World();
      for (const command of commands) run(world, command);
      for (const path of world.state ? sfuPathsOf(world.state) : []) {
        world.apply({ type: 'sfuLost', sfuRoomId: path.sfuRoomId });
      }
      const connected = (world.state ? membersOf(world.state) : []).filter(
        ({ connection }) => connection === 'connected',
      ).length;
      for (let turn = 0; turn < 40 && world.state; turn++) {
        everyoneIsReady(world);
        findNoSfu(world);
        world.pass(5_000);
      }
      if (!world.state) return assert.equal(connected, 0);
      assert.equal(sizeOf(world.state), connected);
      const { phase, next } = world.state.topology;
      assert.equal(next, null);
      if (connected <= SETTINGS.meshMaxPeers) assert.equal(phase, 'mesh');
    }),
    { numRuns: runs },
  );
});
