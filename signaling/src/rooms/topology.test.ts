import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SETTINGS, TestRoom } from './testing/room.ts';

describe('promotion', () => {
  function promoting() {
    const room = new TestRoom();
    const sfu = room.newSfu();
    for (const name of ['ann', 'ben', 'cal', 'dee']) room.join(name, sfu);
    return { room, sfu };
  }

  test('completes when everyone is ready', () => {
    const { room } = promoting();
    for (const name of ['ann', 'ben', 'cal']) room.ask('ready', name, { epoch: 2 });
    assert.equal(room.topology.phase, 'promoting');
    room.ask('ready', 'dee', { epoch: 2 });
    assert.deepEqual(room.turns, ['sfu 3 completed']);
    assert.deepEqual(room.topology.active, { kind: 'sfu', epoch: 2 });
  });

  test('waits for those who come in on the way, too', () => {
    const { room } = promoting();
    for (const name of ['ann', 'ben', 'cal']) room.ask('ready', name, { epoch: 2 });
    room.join('eve');
    room.ask('ready', 'dee', { epoch: 2 });
    assert.equal(room.topology.phase, 'promoting');
    room.ask('ready', 'eve', { epoch: 2 });
    assert.equal(room.topology.phase, 'sfu');
  });

  test('completes when the only one not ready leaves', () => {
    const { room } = promoting();
    for (const name of ['ann', 'ben', 'cal']) room.ask('ready', name, { epoch: 2 });
    room.ask('leave', 'dee');
    assert.deepEqual(room.turns, ['sfu 3 completed']);
  });

  test('completes at the deadline whoever is ready', () => {
    const { room } = promoting();
    room.advance(SETTINGS.handoverDeadlineMs - 1);
    assert.equal(room.topology.phase, 'promoting');
    room.advance(1);
    assert.deepEqual(room.turns, ['sfu 3 completed']);
  });

  test('waits, to the deadline, for someone who is reconnecting: they still hear only the mesh', () => {
    const { room } = promoting();
    room.ask('disconnect', 'dee');
    for (const name of ['ann', 'ben', 'cal']) room.ask('ready', name, { epoch: 2 });
    assert.equal(room.topology.phase, 'promoting');
    room.advance(SETTINGS.handoverDeadlineMs);
    assert.equal(room.topology.phase, 'sfu');
  });

  test('is called off when its SFU is lost, throws nobody out, and is tried again', () => {
    const { room, sfu } = promoting();
    room.apply({ type: 'sfuLost', sfuRoomId: sfu.sfuRoomId });
    assert.deepEqual(room.turns, ['mesh 3 aborted']);
    assert.deepEqual(room.topology.active, { kind: 'mesh', epoch: 1 });
    assert.equal(room.names.length, 4);
    assert.deepEqual(room.effects, []);
    room.advance(SETTINGS.sfuRetryMs);
    assert.deepEqual(room.effects, [{ type: 'prepareSfu', not: null, edgeOf: null }]);
    const other = room.newSfu('sfu-2');
    const { result } = room.apply({ type: 'sfuPrepared', sfu: other });
    assert.deepEqual(result, { ok: true, memberId: null, usedSfu: true });
    assert.deepEqual(room.turns, ['promoting 4 full']);
  });

  test('on request of someone who cannot hold the mesh; the room stays on the SFU while they are in it', () => {
    const room = new TestRoom();
    room.join('ann');
    room.join('ben');
    assert.deepEqual(room.ask('requestSfu', 'ben', { epoch: 1, sfu: null }).result, {
      ok: false,
      code: 'sfu_unavailable',
    });
    room.ask('requestSfu', 'ben', { epoch: 1, sfu: room.newSfu() });
    assert.deepEqual(room.turns, ['promoting 2 requested']);
    for (const name of ['ann', 'ben']) room.ask('ready', name, { epoch: 2 });
    room.advance(10 * SETTINGS.meshReturnAfterMs);
    assert.equal(room.topology.phase, 'sfu');
    room.ask('leave', 'ben');
    assert.deepEqual(room.turns, ['demoting 4 quiet']);
  });

  test('is not asked for a second time by a request that comes late', () => {
    const { room } = promoting();
    const before = room.topology;
    assert.ok(room.ask('requestSfu', 'ann', { epoch: 1, sfu: null }).result.ok);
    for (const name of room.names) room.ask('ready', name, { epoch: 2 });
    assert.equal(room.topology.phase, 'sfu');
    assert.ok(room.ask('requestSfu', 'ann', { epoch: 1, sfu: null }).result.ok);
    assert.equal(room.topology.epoch, before.epoch + 1);
  });
});

describe('demotion', () => {
  function demoting() {
    const room = new TestRoom();
    const sfu = room.onSfu('ann', 'ben', 'cal', 'dee');
    room.ask('leave', 'cal');
    room.ask('leave', 'dee');
    room.advance(SETTINGS.meshReturnAfterMs);
    assert.deepEqual(room.turns, ['demoting 4 quiet']);
    assert.deepEqual(room.topology.next, { kind: 'mesh', epoch: 4 });
    return { room, sfu };
  }

  test('begins once the room has been small for long enough without a break', () => {
    const room = new TestRoom();
    room.onSfu('ann', 'ben', 'cal', 'dee');
    room.ask('leave', 'cal');
    room.ask('leave', 'dee');
    room.advance(SETTINGS.meshReturnAfterMs - 1);
    room.join('eve');
    room.ask('leave', 'eve');
    room.advance(SETTINGS.meshReturnAfterMs - 1);
    assert.equal(room.topology.phase, 'sfu');
    room.advance(1);
    assert.equal(room.topology.phase, 'demoting');
  });

  test('does not begin while someone is reconnecting: closing the SFU would silence them', () => {
    const room = new TestRoom({ resumeWindowMs: 100_000 });
    room.onSfu('ann', 'ben', 'cal', 'dee');
    room.ask('leave', 'cal');
    room.ask('leave', 'dee');
    room.ask('disconnect', 'ben');
    room.advance(100_000 - 1);
    assert.equal(room.topology.phase, 'sfu');
    room.advance(1);
    assert.deepEqual(room.names, ['ann']);
    assert.equal(room.topology.phase, 'demoting');
  });

  test('completes when everyone is ready, and closes the SFU room', () => {
    const { room, sfu } = demoting();
    room.ask('ready', 'ann', { epoch: 4 });
    assert.equal(room.topology.phase, 'demoting');
    room.ask('ready', 'ben', { epoch: 4 });
    assert.deepEqual(room.turns, ['mesh 5 completed']);
    assert.deepEqual(room.effects, [{ type: 'closeSfuRoom', sfu }]);
    assert.equal(room.state?.sfu, null);
  });

  test('lets someone in who still fits the mesh', () => {
    const { room } = demoting();
    room.join('eve');
    assert.equal(room.topology.phase, 'demoting');
    for (const name of ['ann', 'ben', 'eve']) room.ask('ready', name, { epoch: 4 });
    assert.equal(room.topology.phase, 'mesh');
  });

  test('is called off by someone who does not fit the mesh', () => {
    const { room } = demoting();
    room.join('eve');
    room.join('fay');
    assert.deepEqual(room.turns, ['sfu 5 aborted']);
    assert.deepEqual(room.topology.active, { kind: 'sfu', epoch: 2 });
    assert.deepEqual(room.effects, []);
  });

  test('is called off at the deadline when someone there is not ready, and not tried again for a while', () => {
    const { room } = demoting();
    room.ask('ready', 'ann', { epoch: 4 });
    room.advance(SETTINGS.handoverDeadlineMs);
    assert.deepEqual(room.turns, ['sfu 5 aborted']);
    room.advance(SETTINGS.demotionBackoffMs - 1);
    assert.equal(room.topology.phase, 'sfu');
    room.advance(1);
    assert.deepEqual(room.turns, ['demoting 6 quiet']);
  });

  test('completes at the deadline without someone who has vanished', () => {
    const { room } = demoting();
    room.ask('disconnect', 'ben');
    room.ask('ready', 'ann', { epoch: 4 });
    assert.equal(room.topology.phase, 'demoting');
    room.advance(SETTINGS.handoverDeadlineMs);
    assert.deepEqual(room.turns, ['mesh 5 completed']);
  });

  test('is called off at the deadline when nobody at all is connected', () => {
    const { room } = demoting();
    room.ask('disconnect', 'ann');
    room.ask('disconnect', 'ben');
    room.advance(SETTINGS.handoverDeadlineMs);
    assert.deepEqual(room.turns, ['sfu 5 aborted']);
  });

  test('is called off by someone who cannot hold the mesh', () => {
    const { room } = demoting();
    room.ask('requestSfu', 'ben', { epoch: 4, sfu: null });
    assert.deepEqual(room.turns, ['sfu 5 aborted']);
    room.advance(SETTINGS.demotionBackoffMs - 1);
    assert.equal(room.topology.phase, 'sfu');
  });

  test('jumps to the mesh when the SFU is lost on the way', () => {
    const { room, sfu } = demoting();
    room.apply({ type: 'sfuLost', sfuRoomId: sfu.sfuRoomId });
    assert.deepEqual(room.turns, ['mesh 5 sfu_lost']);
    assert.deepEqual(room.topology.active, { kind: 'mesh', epoch: 4 });
    assert.deepEqual(room.effects, []);
  });
});

describe('readiness', () => {
  test('for an epoch that is over is no news; for one that never was, an error', () => {
    const room = new TestRoom();
    room.onSfu('ann', 'ben', 'cal', 'dee');
    for (const epoch of [1, 2, 3]) assert.ok(room.ask('ready', 'ann', { epoch }).result.ok);
    assert.deepEqual(room.ask('ready', 'ann', { epoch: 4 }).result, { ok: false, code: 'stale_epoch' });
    assert.deepEqual(room.ask('requestSfu', 'ann', { epoch: 4, sfu: null }).result, { ok: false, code: 'stale_epoch' });
  });
});
