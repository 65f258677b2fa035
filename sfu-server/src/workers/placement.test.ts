import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextFailures, respawnDelay } from './backoff.ts';
import { PacketCost } from './cost.ts';
import { expectedPackets, loadShare, placePeer, placeRoom, type WorkerLoad } from './placement.ts';

const loads = (...all: Partial<WorkerLoad>[]): WorkerLoad[] =>
  all.map((one, index) => ({
    index,
    packets: 0,
    budget: 1_000,
    cpu: 0,
    rooms: 0,
    peers: 0,
    roomPeers: 0,
    hasRoom: false,
    ...one,
  }));

test('a listener is expected to receive every open microphone, up to the slots; who has just come, all who are there', () => {
  const room = { openMics: 2, peers: 5, slots: 6 };
  assert.equal(expectedPackets({ settled: 3, joining: 0 }, room), 3 * 2 * 50);
  assert.equal(expectedPackets({ settled: 0, joining: 1 }, room), 4 * 50);
  assert.equal(expectedPackets({ settled: 10, joining: 10 }, { openMics: 100, peers: 200, slots: 6 }), 20 * 6 * 50);
  assert.equal(expectedPackets({ settled: 0, joining: 1 }, { openMics: 0, peers: 1, slots: 6 }), 0);
  assert.equal(expectedPackets({ settled: 9, joining: 0 }, { openMics: 0, peers: 9, slots: 6 }), 0);
});

test('a room goes where the least is to be sent, then where the least peers and rooms are, then to the first', () => {
  const place = (...all: Partial<WorkerLoad>[]) => placeRoom(loads(...all))?.index;
  assert.equal(place(), undefined);
  assert.equal(place({ packets: 900 }), 0);
  assert.equal(place({ packets: 500, rooms: 1 }, { packets: 400, rooms: 9 }), 1);
  assert.equal(place({ peers: 3, rooms: 1 }, { peers: 2, rooms: 5 }), 1);
  assert.equal(place({ rooms: 2 }, { rooms: 1 }, { rooms: 1 }), 1);
});

test('measured use of a CPU counts when it says more than what was expected', () => {
  assert.equal(loadShare({ packets: 500, budget: 1_000, cpu: 0.2 }), 0.5);
  assert.equal(
    loadShare({ packets: 500, budget: 1_000, cpu: 0.6 }),
    0.6 / 0.8,
    'four fifths of a CPU are all it is to use',
  );
  assert.equal(placeRoom(loads({ packets: 100, cpu: 0.9 }, { packets: 500 }))?.index, 1);
  assert.equal(placeRoom(loads({ cpu: 0.2 }, { packets: 1 }))?.index, 0, 'a little use of a CPU says nothing');
});

test('a peer goes where its room is as long as there is budget for it, else where there is most', () => {
  const place = (...all: Partial<WorkerLoad>[]) => placePeer(loads(...all), { more: 100, peersMax: 10 })?.index;
  assert.equal(place(), undefined);
  assert.equal(place({ packets: 900, hasRoom: true }, {}), 0, 'it fits exactly');
  assert.equal(place({ packets: 901, hasRoom: true }, { packets: 200 }, {}), 2, 'it does not fit');
  assert.equal(
    place({ packets: 800, hasRoom: true }, { packets: 700, hasRoom: true }, {}),
    1,
    'the less loaded of two',
  );
  assert.equal(place({ cpu: 0.81, hasRoom: true }, { packets: 500 }), 1, 'more is sent than was expected');
  assert.equal(place({ packets: 950, hasRoom: true }, { packets: 700, hasRoom: true }, {}), 1);
  assert.equal(place({ packets: 2_000, hasRoom: true }, { packets: 1_500 }), 1, 'where nothing fits, the least loaded');
});

test('a room leaves a worker that carries as many of its peers as it may, unless all do', () => {
  const place = (...all: Partial<WorkerLoad>[]) => placePeer(loads(...all), { more: 0, peersMax: 2 })?.index;
  assert.equal(place({ hasRoom: true, roomPeers: 2 }, { packets: 500 }), 1);
  assert.equal(place({ hasRoom: true, roomPeers: 2, packets: 10 }, { hasRoom: true, roomPeers: 3 }), 1);
});

test('where packets cost more than was assumed a worker is given fewer of them, within reason', () => {
  const cost = new PacketCost();
  assert.equal(cost.budget(60_000), 60_000);
  for (let n = 0; n < 100; n++) cost.measured(20_000, 0.4);
  assert.ok(Math.abs(cost.us - 20) < 0.1);
  assert.ok(Math.abs(cost.budget(60_000) - 40_000) < 300);
  for (let n = 0; n < 100; n++) cost.measured(20_000, 1e9);
  assert.ok(cost.budget(60_000) > 19_900, 'never so few that nothing would fit');
  for (let n = 0; n < 100; n++) cost.measured(20_000, 0);
  assert.equal(cost.budget(60_000), 60_000, 'people who are silent do not make it a faster machine');
  const before = cost.us;
  cost.measured(100, 1);
  assert.equal(cost.us, before, 'work that is not forwarding says nothing of what forwarding costs');
});

test('respawning waits longer each time, but never long, and starts over after a settled life', () => {
  assert.deepEqual([1, 2, 3, 4].map(respawnDelay), [100, 200, 400, 800]);
  assert.equal(respawnDelay(8), 10_000);
  assert.equal(respawnDelay(10_000), 10_000);
  assert.equal(nextFailures(5, 0), 6);
  assert.equal(nextFailures(5, 59_999), 6);
  assert.equal(nextFailures(5, 60_000), 1);
});
