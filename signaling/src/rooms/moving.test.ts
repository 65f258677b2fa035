import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memoryOf } from './snapshot.ts';
import type { SfuHandle } from './state.ts';
import { arrivalOf, SETTINGS, TestRoom } from './testing/room.ts';

const NAMES = ['ann', 'ben', 'cal', 'dee'];

/** A room on an SFU node that is going away, about to look for another one. */
function leaving(names = NAMES) {
  const room = new TestRoom();
  const sfu = room.onSfu(...names);
  room.apply({ type: 'sfuLeaving', ...sfu, at: room.now });
  return { room, sfu };
}

function moving() {
  const { room, sfu } = leaving();
  const other = room.newSfu('sfu-2');
  room.apply({ type: 'sfuPrepared', sfu: other });
  assert.deepEqual(room.turns, ['moving 4 rebalanced']);
  return { room, sfu, other };
}

function everyoneIsReady(room: TestRoom, epoch: number): void {
  for (const name of room.names) room.ask('ready', name, { epoch });
}

describe('a room whose SFU node is going away', () => {
  test('looks for another node, at its own time, once', () => {
    const room = new TestRoom();
    const sfu = room.onSfu(...NAMES);
    room.apply({ type: 'sfuLeaving', ...sfu, at: room.now + 500 });
    assert.deepEqual(room.effects, []);
    // Another signaling node says so, too.
    room.apply({ type: 'sfuLeaving', ...sfu, at: room.now + 100 });
    room.advance(499);
    assert.deepEqual(room.effects, []);
    room.advance(1);
    assert.deepEqual(room.effects, [{ type: 'prepareSfu', not: sfu.nodeId, edgeOf: null }]);
  });

  test('moves there, both paths at once, and closes the old one when everyone has moved', () => {
    const { room, sfu, other } = moving();
    assert.deepEqual(room.topology.active, { kind: 'sfu', epoch: 2 });
    assert.deepEqual(room.topology.next, { kind: 'sfu', epoch: 4 });
    for (const name of NAMES.slice(1)) room.ask('ready', name, { epoch: 4 });
    assert.equal(room.topology.phase, 'moving');
    room.ask('ready', 'ann', { epoch: 4 });
    assert.deepEqual(room.turns, ['sfu 5 completed']);
    assert.deepEqual(room.effects, [{ type: 'closeSfuRoom', sfu }]);
    assert.deepEqual(room.state?.sfu, { ...other, epoch: 4 });
    assert.deepEqual([room.state?.nextSfu, room.state?.leaving], [null, null]);
  });

  test('has moved at the deadline, whoever is ready', () => {
    const { room } = moving();
    room.advance(SETTINGS.handoverDeadlineMs);
    assert.deepEqual(room.turns, ['sfu 5 completed']);
  });

  test('does not move to where it is', () => {
    const { room, sfu } = leaving();
    const { result } = room.apply({ type: 'sfuPrepared', sfu: room.newSfu(sfu.nodeId) });
    assert.deepEqual(result, { ok: true, memberId: null, usedSfu: false });
    assert.equal(room.topology.phase, 'sfu');
  });

  test('stays while there is no other, and looks again and again', () => {
    const { room } = leaving();
    room.apply({ type: 'sfuUnavailable' });
    assert.equal(room.topology.phase, 'sfu');
    room.advance(2 * SETTINGS.sfuRetryMs);
    assert.equal(room.effects.filter(({ type }) => type === 'prepareSfu').length, 2);
  });

  test('returns to a mesh when there is no other and it fits into one', () => {
    const { room } = leaving();
    room.ask('leave', 'dee');
    room.apply({ type: 'sfuUnavailable' });
    assert.deepEqual(room.turns, ['demoting 4 rebalanced']);
    everyoneIsReady(room, 4);
    assert.equal(room.topology.phase, 'mesh');
  });

  test('… unless that was tried in vain just now, or somebody cannot hold a mesh', () => {
    const { room } = leaving();
    room.ask('leave', 'dee');
    room.apply({ type: 'sfuUnavailable' });
    room.ask('requestSfu', 'ann', { epoch: 4, sfu: null });
    assert.deepEqual(room.turns, ['sfu 5 aborted']);
    assert.equal(room.effects.at(-1)?.type, 'prepareSfu', 'the search goes on');
    room.apply({ type: 'sfuUnavailable' });
    assert.deepEqual(room.turns, []);
  });

  test('that is still being promoted moves once it has arrived', () => {
    const room = new TestRoom();
    const sfu = room.newSfu();
    for (const name of NAMES) room.join(name, sfu);
    room.apply({ type: 'sfuLeaving', ...sfu, at: room.now });
    assert.deepEqual(room.effects, []);
    everyoneIsReady(room, 2);
    assert.deepEqual(room.effects, [{ type: 'prepareSfu', not: sfu.nodeId, edgeOf: null }]);
  });

  test('has left it already where that is another SFU room', () => {
    const room = new TestRoom();
    const sfu = room.onSfu(...NAMES);
    room.apply({ type: 'sfuLeaving', ...room.newSfu(sfu.nodeId), at: room.now });
    assert.deepEqual([room.effects, room.state?.leaving], [[], null]);
  });

  test('moves also when it is an edge that goes, and may have the same home again', () => {
    const room = new TestRoom();
    const { nodeId, ...sfu } = room.onSfu(...NAMES);
    room.apply({ type: 'sfuLeaving', ...sfu, nodeId: 'edge', at: room.now });
    assert.deepEqual(room.effects, [{ type: 'prepareSfu', not: 'edge', edgeOf: { ...sfu, nodeId } }]);
    room.apply({ type: 'sfuPrepared', sfu: room.newSfu('edge') });
    assert.equal(room.topology.phase, 'sfu');
    room.apply({ type: 'sfuPrepared', sfu: room.newSfu(nodeId) });
    assert.deepEqual(room.turns, ['moving 4 rebalanced']);
  });

  test('stays, and looks no further, once nobody is on the edge that goes', () => {
    const room = new TestRoom();
    const { nodeId, ...sfu } = room.onSfu(...NAMES);
    room.apply({ type: 'sfuLeaving', ...sfu, nodeId: 'edge', at: room.now });
    room.apply({ type: 'edgeLeft', ...sfu, nodeId: 'another' });
    assert.equal(room.state?.leaving, 'edge');
    room.apply({ type: 'edgeLeft', ...sfu, nodeId: 'edge' });
    assert.equal(room.state?.leaving, null);
    room.advance(2 * SETTINGS.sfuRetryMs);
    assert.deepEqual([room.effects, room.turns], [[], []]);
    // Of its home, that it has no edge there says nothing.
    room.apply({ type: 'sfuLeaving', ...sfu, nodeId, at: room.now });
    room.apply({ type: 'edgeLeft', ...sfu, nodeId });
    assert.equal(room.state?.leaving, nodeId);
  });

  test('does not return to its home when that goes after an edge', () => {
    const room = new TestRoom();
    const sfu = room.onSfu(...NAMES);
    room.apply({ type: 'sfuLeaving', ...sfu, nodeId: 'edge', at: room.now + 100 });
    room.apply({ type: 'sfuLeaving', ...sfu, at: room.now + 500 });
    room.apply({ type: 'sfuLeaving', ...sfu, nodeId: 'edge', at: room.now + 500 });
    room.advance(100);
    assert.deepEqual(room.effects, [{ type: 'prepareSfu', not: sfu.nodeId, edgeOf: null }]);
  });
});

describe('while a room moves', () => {
  test('people send on both paths, each by its own number', () => {
    const { room, sfu, other } = moving();
    const add = (epoch: number, { sfuRoomId }: SfuHandle, producerId: string) =>
      room.ask('producerAdded', 'ann', { epoch, sfuRoomId, producerId }).result;
    assert.ok(add(2, sfu, 'old').ok && add(4, other, 'new').ok);
    assert.deepEqual(add(4, sfu, 'mixed up'), { ok: false, code: 'stale_epoch' });
    room.apply({ type: 'silence', by: null, target: { memberId: 'ann' }, silenced: true });
    assert.deepEqual(
      room.effects.map((effect) => effect.type === 'pauseSfuProducer' && [effect.sfu.nodeId, effect.producerId]),
      [
        ['sfu-1', 'old'],
        ['sfu-2', 'new'],
      ],
    );
    room.apply({ type: 'producerRemoved', sfuRoomId: other.sfuRoomId, memberId: 'ann', producerId: 'new' });
    assert.deepEqual(room.state?.producers, [{ epoch: 2, participantId: 'ann', producerId: 'old' }]);
    room.ask('leave', 'ann');
    assert.deepEqual(room.effects, [
      { type: 'closeSfuPeer', sfu, peerId: 'ann' },
      { type: 'closeSfuPeer', sfu: other, peerId: 'ann' },
    ]);
    room.apply({ type: 'end', by: null });
    const closed = room.effects.flatMap((effect) => (effect.type === 'closeSfuRoom' ? [effect.sfu] : []));
    assert.deepEqual(closed, [sfu, other]);
  });

  test('the loss of the old SFU changes nothing: everyone is on their way', () => {
    const { room, sfu } = moving();
    room.apply({ type: 'sfuLost', sfuRoomId: sfu.sfuRoomId });
    assert.deepEqual([room.turns, room.effects, room.topology.phase], [[], [], 'moving']);
    everyoneIsReady(room, 4);
    assert.deepEqual(room.turns, ['sfu 5 completed']);
    assert.deepEqual(room.effects, [], 'and what is lost is not closed');
  });

  test('the loss of the new SFU calls it off; another one is looked for later', () => {
    const { room, sfu, other } = moving();
    room.apply({ type: 'sfuLost', sfuRoomId: other.sfuRoomId });
    assert.deepEqual(room.turns, ['sfu 5 aborted']);
    assert.deepEqual(room.topology.active, { kind: 'sfu', epoch: 2 });
    assert.equal(room.state?.sfu?.sfuRoomId, sfu.sfuRoomId);
    assert.deepEqual(room.effects, []);
    room.advance(SETTINGS.sfuRetryMs);
    assert.deepEqual(room.effects, [{ type: 'prepareSfu', not: sfu.nodeId, edgeOf: null }]);
  });

  test('the loss of both has another one looked for at once', () => {
    const { room, sfu, other } = moving();
    room.apply({ type: 'sfuLost', sfuRoomId: sfu.sfuRoomId });
    room.apply({ type: 'sfuLost', sfuRoomId: other.sfuRoomId });
    assert.deepEqual(room.effects, [{ type: 'prepareSfu', not: null, edgeOf: null }]);
    room.apply({ type: 'sfuPrepared', sfu: room.newSfu('sfu-3') });
    assert.deepEqual(room.turns, ['promoting 6 sfu_lost']);
  });

  test('whoever comes in is let in', () => {
    const { room } = moving();
    assert.ok(room.join('eve').result.ok);
    assert.equal(room.topology.phase, 'moving');
  });

  test('a restarted server takes both over again, from what members remember', () => {
    const { room, sfu, other } = moving();
    assert.ok(room.state);
    const remembered = memoryOf(room.state);
    const restarted = new TestRoom();
    const resume = { type: 'resume', arrival: arrivalOf('ann'), remembered, sfu: null } as const;
    const of = (producerId: string) => ({
      peers: [{ peerId: 'ann', producerIds: [producerId] }],
      forwarding: { generation: 0, slots: [] },
    });
    restarted.apply({ ...resume, found: { [sfu.sfuRoomId]: of('old'), [other.sfuRoomId]: of('new') } });
    assert.equal(restarted.topology.phase, 'moving');
    assert.deepEqual(restarted.state?.producers, [
      { epoch: 2, participantId: 'ann', producerId: 'old' },
      { epoch: 4, participantId: 'ann', producerId: 'new' },
    ]);
    const half = new TestRoom();
    half.apply({ ...resume, found: { [sfu.sfuRoomId]: of('old') } });
    assert.deepEqual(half.turns, ['sfu 5 aborted'], 'what is not there any more is not moved to');
  });
});
