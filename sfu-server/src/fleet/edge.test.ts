import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import type { FakeRouter } from '../media/fake/router.ts';
import { FakeWorker } from '../media/fake.ts';
import type { Level } from '../media/ports.ts';
import { Room } from '../rooms/room.ts';
import { opusRtp } from '../testing/media.ts';
import { Edge } from './edge.ts';

const LISTEN = { ip: '127.0.0.1', lossy: true };

/** An edge on two workers: whoever comes is on the one that is next. */
async function setUp() {
  const workers = [new FakeWorker(0), new FakeWorker(1)] as const;
  const router = await workers[0].createRouter();
  let next = 0;
  const room = new Room({
    id: 'lobby',
    worker: workers[0],
    router,
    place: () => workers[next++ % 2] as FakeWorker,
    isAlive: () => true,
    forwarding: { slots: 0, directProducersMax: 24, calmMs: 30_000 },
    clock: new FakeClock(),
    log: silentLogger,
  });
  const home = await (await new FakeWorker().createRouter()).createPipe(LISTEN);
  const edge = await Edge.open({ room, remote: home.parameters, listen: LISTEN, log: silentLogger });
  const told: Level[][] = [];
  edge.on('levels', (levels) => told.push(levels));
  const speak = async (peerId: string) => {
    const { send } = await room.openPeer(peerId);
    const producerId = await room.peer(peerId).produce(send.id, opusRtp(1), false);
    const { producers, levels } = room.branches.find((one) => (one.router as FakeRouter).producers.has(producerId))
      ?.router as FakeRouter;
    assert.ok(producers.has(producerId));
    await settle();
    const ears = levels.at(-1);
    assert.ok(ears);
    return { producerId, ears, pause: (paused: boolean) => room.peer(peerId).pauseProducer(producerId, paused) };
  };
  return { told, speak };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

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
