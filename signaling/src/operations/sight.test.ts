import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerState } from '@parley/shared/control';
import { SHOWN_MAX } from '@parley/shared/operations';
import { FakeClock } from '@parley/shared/runtime';
import type { RoomState } from '../rooms/index.ts';
import { blankRoom } from '../rooms/new-room.ts';
import { FakeSfu } from '../sfu/sfu.fake.ts';
import { Sight } from './sight.ts';

const EVERYTHING = { filter: '', roomId: null };

async function scene(names: string[] = []) {
  const clock = new FakeClock();
  const sfu = new FakeSfu('sfu-1');
  await sfu.open('sfu-room');
  const stateOf = (id: string): RoomState => ({
    ...blankRoom(id),
    sfu: { sfuRoomId: 'sfu-room', nodeId: 'sfu-1', epoch: 2 },
  });
  const sight = new Sight({
    rooms: { ids: async () => [...names], read: async (id) => stateOf(id) },
    sfu,
    bulletins: { nodes: () => [], quality: () => ({ stretchMs: 1, points: [] }), silences: () => [] },
    clock,
  });
  return { clock, sfu, sight };
}

test('a node that does not say where a room is keeps nobody’s view for longer than half a second', async () => {
  const { clock, sfu, sight } = await scene(['lobby']);
  const watches = [EVERYTHING, { ...EVERYTHING, roomId: 'lobby' }];
  const [, into] = await sight.look(watches);
  assert.equal(into?.room?.sfu[0]?.placement?.home.nodeId, 'sfu-1');
  sfu.gate = new Promise(() => {});
  const asked = sfu.log.length;
  const looking = sight.look(watches);
  while (sfu.log.length === asked) await Promise.resolve();
  clock.advance(500);
  const [all, hung] = await looking;
  assert.equal(all?.rooms?.matching, 1);
  assert.deepEqual(hung?.room?.sfu, [{ epoch: 2, nodeId: 'sfu-1', sfuRoomId: 'sfu-room', placement: null }]);
});

test('rooms are found by a part of their name, in capitals or not, also those that came since the last look', async () => {
  const names = ['LOBBY', 'Ärger'];
  const { sight } = await scene(names);
  const found = async (filter: string) => {
    const [view] = await sight.look([{ ...EVERYTHING, filter }]);
    return view?.rooms?.list.map(({ roomId }) => roomId);
  };
  assert.deepEqual(await found(' lob'), ['LOBBY']);
  assert.deepEqual(await found('ÄR'), ['Ärger']);
  names.push('lobster');
  assert.deepEqual(await found('Lob'), ['LOBBY', 'lobster']);
  names.shift();
  assert.deepEqual(await found('lob'), ['lobster']);
});

test('of more workers than are shown, whole nodes only count theirs', async () => {
  const { sfu, sight } = await scene();
  const worker: WorkerState = { state: 'up', load: 0, cpu: 0, peers: 0, deaths: 0 };
  const many = Array.from({ length: SHOWN_MAX.workers / 10 }, () => worker);
  for (let i = 10; i <= 20; i++) sfu.addNode(`sfu-${i}`, { pool: many });
  const [view] = await sight.look([EVERYTHING]);
  assert.deepEqual(
    view?.sfuNodes?.map(({ pool }) => pool?.length ?? 0),
    [0, ...Array.from({ length: 10 }, () => many.length), 0],
  );
});
