import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NodeState, parseRegistration } from '@parley/shared/control';
import { createLogger, FakeClock } from '@parley/shared/runtime';
import { FakeBoard } from './board.fake.ts';
import { Registration } from './registration.ts';

function registrationOf() {
  const clock = new FakeClock();
  const board = new FakeBoard();
  const said: string[] = [];
  const state: NodeState = {
    ...{ nodeId: 'sfu-1', url: 'http://sfu-1:4000', region: 'north', capacity: 100, workers: 2, rooms: 0, peers: 0 },
    ...{ load: 0, cpu: 0, draining: false },
  };
  const log = createLogger({ level: 'info', write: (line) => said.push(JSON.parse(line).message) });
  const registration = new Registration({ board, state: () => ({ ...state }), clock, log });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  /** Time passes, and what it brings about happens. */
  const later = async (ms: number) => {
    clock.advance(ms);
    await settled();
  };
  const record = () => board.records.get('sfu-1');
  return { board, said, state, registration, settled, later, record };
}

test('a node is on the board as the contract has it, and says again how it is', async () => {
  const { state, registration, settled, later, record } = registrationOf();
  registration.say();
  await settled();
  assert.deepEqual(parseRegistration(record()?.record ?? '', 'sfu-1'), state);
  assert.equal(record()?.ttlMs, 4_000);
  state.peers = 7;
  await later(1_000);
  assert.equal(parseRegistration(record()?.record ?? '', 'sfu-1').peers, 7);
  state.draining = true;
  registration.say();
  await settled();
  assert.equal(parseRegistration(record()?.record ?? '', 'sfu-1').draining, true);
});

test('a board out of reach is no fault: it is told once, and the node is on it again when it is back', async () => {
  const { board, said, registration, settled, later, record } = registrationOf();
  registration.say();
  await settled();
  board.isUp = false;
  board.records.clear();
  for (let i = 0; i < 5; i++) await later(1_000);
  board.isUp = true;
  await later(1_000);
  assert.ok(record());
  assert.deepEqual(said, ['registered', 'not registered: redis out of reach', 'registered']);
});

test('a node that ends takes itself off the board, after what it was about to say', async () => {
  const { board, registration, settled, later } = registrationOf();
  let open = () => {};
  board.gate = new Promise((resolve) => {
    open = resolve;
  });
  registration.say();
  const closed = registration.close();
  open();
  await closed;
  assert.equal(board.records.size, 0);
  assert.ok(board.isClosed);
  registration.say();
  await later(10_000);
  await settled();
  assert.equal(board.records.size, 0);
});

test('a board out of reach keeps nobody from ending', async () => {
  const { board, registration } = registrationOf();
  board.isUp = false;
  registration.say();
  await registration.close();
  assert.ok(board.isClosed);
});
