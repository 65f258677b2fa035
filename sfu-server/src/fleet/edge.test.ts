import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import type { FakeRouter } from '../media/fake/router.ts';
import { FakeWorker } from '../media/fake.ts';
import type { Level } from '../media/ports.ts';
import { opusRtp } from '../testing/media.ts';
import { Edge } from './edge.ts';
import { LISTEN, makePart, settle } from './home-room.fake.ts';

/** An edge on two workers: whoever comes is on the one that is next. */
async function setUp() {
  const room = await makePart('lobby', [new FakeWorker(0), new FakeWorker(1)], new FakeClock());
  const home = await (await new FakeWorker().createRouter()).createPipe(LISTEN);
  const edge = await Edge.open({ room, remote: home.parameters, listen: LISTEN, log: silentLogger });
  const told: Level[][] = [];
  edge.on('levels', (levels) => told.push(levels));
  const speak = async (peerId: string) => {
    const { send } = await room.openPeer(peerId);
    const producerId = await room.peer(peerId).produce(send.id, opusRtp(1), false);
    const routers = room.branches.map(({ router }) => router as FakeRouter);
    const at = routers.find(({ producers }) => producers.has(producerId));
    await settle();
    const ears = at?.levels.at(-1);
    assert.ok(ears);
    return { producerId, ears, pause: (paused: boolean) => room.peer(peerId).pauseProducer(producerId, paused) };
  };
  return { told, speak };
}

test('the loudest of all its workers are told of, the loudest first', async () => {
  const { told, speak } = await setUp();
  const [ann, ben] = [await speak('ann'), await speak('ben')];
  const levels = [
    { producerId: ann.producerId, dBov: -30 },
    { producerId: ben.producerId, dBov: -20 },
  ];
  ann.ears.report(levels.slice(0, 1));
  ben.ears.report(levels.slice(1));
  assert.deepEqual(told.at(-1), levels.toReversed());
});

test('who muted himself while he was loud is not loud when he is back', async () => {
  const { told, speak } = await setUp();
  const [ann, ben] = [await speak('ann'), await speak('ben')];
  ann.ears.report([{ producerId: ann.producerId, dBov: -20 }]);
  await ann.pause(true);
  await ann.pause(false);
  await settle();
  const loud = [{ producerId: ben.producerId, dBov: -30 }];
  ben.ears.report(loud);
  assert.deepEqual(told.at(-1), loud);
});
