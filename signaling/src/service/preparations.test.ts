import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { FakeSfu } from '../sfu/sfu.fake.ts';
import { until } from '../testing/until.ts';
import { Preparations } from './preparations.ts';

function prepare(...nodeIds: string[]) {
  const sfu = new FakeSfu(...nodeIds);
  const clock = new FakeClock();
  let ids = 0;
  const newId = () => `sfu-room-${++ids}`;
  const lost: string[] = [];
  const onLost = (roomId: string, sfuRoomId: string) => lost.push(`${roomId}: ${sfuRoomId}`);
  const options = { sfu, clock, logger: silentLogger, newId, deadlineMs: 1000, onLost };
  return { sfu, clock, lost, preparations: new Preparations(options) };
}

test('whoever asks meanwhile shares one SFU room; once used, it is nobody else’s', async () => {
  const { sfu, preparations } = prepare('sfu-1');
  const [one, two] = await Promise.all([preparations.prepare('lobby'), preparations.prepare('lobby')]);
  assert.deepEqual(one.handle, { sfuRoomId: 'sfu-room-1', nodeId: 'sfu-1' });
  assert.equal(two.handle, one.handle);
  one.release(true);
  assert.equal(two.handle, null);
  const three = await preparations.prepare('lobby');
  assert.equal(three.handle?.sfuRoomId, 'sfu-room-2');
  two.release(false);
  assert.equal(sfu.counts().rooms, 2);
  three.release(true);
  assert.equal(preparations.size, 0);
});

test('what nobody used is closed once the last one lets go', async () => {
  const { sfu, preparations } = prepare('sfu-1');
  const [one, two] = await Promise.all([preparations.prepare('lobby'), preparations.prepare('lobby')]);
  one.release(false);
  assert.equal(sfu.counts().rooms, 1);
  two.release(false);
  await until('the room to be closed', () => sfu.counts().rooms === 0);
  assert.equal(preparations.size, 0);
});

test('rooms are prepared apart', async () => {
  const { preparations } = prepare('sfu-1');
  const [one, two] = await Promise.all([preparations.prepare('red'), preparations.prepare('blue')]);
  assert.notEqual(one.handle?.sfuRoomId, two.handle?.sfuRoomId);
});

test('without an SFU there is nothing in it, and the next one asks anew', async () => {
  const { sfu, preparations } = prepare();
  const none = await preparations.prepare('lobby');
  assert.equal(none.handle, null);
  none.release(false);
  sfu.addNode('sfu-1');
  assert.equal((await preparations.prepare('lobby')).handle?.nodeId, 'sfu-1');
});

test('an SFU room that died before anyone used it is none', async () => {
  const { sfu, preparations } = prepare('sfu-1');
  const preparation = await preparations.prepare('lobby');
  sfu.killRoom('sfu-room-1');
  assert.equal(preparation.handle, null);
  preparation.release(false);
  assert.ok(!sfu.log.some(({ name }) => name === 'room:close'));
});

test('one that died before its opening was known is none either', async () => {
  const { sfu, preparations } = prepare('sfu-1');
  const open = sfu.open.bind(sfu);
  sfu.open = async (...asked) => {
    const handle = await open(...asked);
    sfu.killRoom(handle.sfuRoomId);
    return handle;
  };
  const preparation = await preparations.prepare('lobby');
  assert.equal(preparation.handle, null);
});

for (const [what, die] of [
  ['dies', (sfu: FakeSfu) => sfu.killRoom('sfu-room-1')],
  ['goes with its node', (sfu: FakeSfu) => sfu.killNode('sfu-1')],
] as const) {
  test(`one that ${what} while the room takes it over is lost to the room`, async () => {
    const { sfu, lost, preparations } = prepare('sfu-1');
    const preparation = await preparations.prepare('lobby');
    assert.ok(preparation.handle);
    die(sfu);
    preparation.release(true);
    assert.deepEqual(lost, ['lobby: sfu-room-1']);
  });
}

test('an SFU that takes too long is none; what it opens after all is closed', async () => {
  const { sfu, clock, preparations } = prepare('sfu-1');
  let open = () => {};
  sfu.gate = new Promise((resolve) => {
    open = resolve;
  });
  const asking = preparations.prepare('lobby');
  clock.advance(1000);
  const preparation = await asking;
  assert.equal(preparation.handle, null);
  preparation.release(false);
  open();
  await until('the late room to be closed', () => sfu.log.some(({ name }) => name === 'room:close'));
  await until('no rooms', () => sfu.counts().rooms === 0);
});
