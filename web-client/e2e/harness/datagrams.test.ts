import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../../scripts/ports.mjs';
import { Datagrams } from './datagrams.ts';

/** An echo behind the way, and a sender before it. */
async function setUp(t: TestContext) {
  const port = await freePort();
  const way = await Datagrams.between(port, '127.0.0.2');
  const echo = createSocket('udp4');
  const seenFrom: number[] = [];
  echo.on('message', (message, { port: from, address }) => {
    seenFrom.push(from);
    echo.send(message, from, address);
  });
  echo.bind(port, '127.0.0.2');
  await once(echo, 'listening');
  const sender = createSocket('udp4');
  sender.bind(0, '127.0.0.1');
  await once(sender, 'listening');
  t.after(async () => {
    sender.close();
    echo.close();
    await way.close();
  });
  const send = (text: string) => sender.send(text, port, '127.0.0.1');
  const ask = async (text: string) => {
    const answer = once(sender, 'message') as Promise<[Buffer, RemoteInfo]>;
    send(text);
    return String((await answer)[0]);
  };
  return { way, send, ask, seenFrom };
}

test('datagrams go there and back, after a rebinding by another port', async (t) => {
  const { way, ask, seenFrom } = await setUp(t);
  equal(await ask('a'), 'a');
  equal(await ask('b'), 'b');
  way.rebind();
  equal(await ask('c'), 'c');
  equal(seenFrom[0], seenFrom[1]);
  notEqual(seenFrom[1], seenFrom[2]);
  deepEqual(way.counts, { passed: 6, lost: 0 });
});

test('a share of them is lost at random, the same with the same seed', async (t) => {
  const { way, send } = await setUp(t);
  way.loss = { up: 0.2, down: 0 };
  /** Which of 300, sent one after the other, were lost on their way there. */
  const lostWith = async (seed: number) => {
    way.seed(seed);
    const lost: number[] = [];
    for (let i = 0; i < 300; i++) {
      const before = way.counts;
      send('x');
      while (way.counts.lost === before.lost && way.counts.passed < before.passed + 2) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (way.counts.lost > before.lost) lost.push(i);
    }
    return lost;
  };
  const first = await lostWith(7);
  ok(first.length > 30 && first.length < 90, `${first.length} of 300`);
  deepEqual(await lostWith(7), first);
  notEqual((await lostWith(8)).join(), first.join());
});

test('blocked, it passes nothing', async (t) => {
  const { way, send, ask, seenFrom } = await setUp(t);
  await ask('a');
  way.isBlocked = true;
  send('b');
  while (way.counts.lost === 0) await new Promise((resolve) => setImmediate(resolve));
  equal(seenFrom.length, 1);
});
