import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { FakeWorker } from '../media/fake.ts';
import type { Room } from '../rooms/room.ts';
import { opusRtp } from '../testing/media.ts';
import { answer } from './answer.ts';
import type { FleetRequestName } from './contract.ts';
import { Edges } from './edges.ts';
import { HOME, LISTEN, makePart, settle } from './home-room.fake.ts';

const ID = { sfuRoomId: 'lobby', generation: 1 };
const TIMEOUT_MS = 4_000;

/** A node with an edge, and a home that asks. */
async function setUp(t: TestContext) {
  const clock = new FakeClock();
  const worker = new FakeWorker();
  const openPart = (id: string) => makePart(id, [worker], clock);
  const closePart = (room: Room) => room.close();
  const edges = new Edges({
    rooms: { openPart, closePart },
    listen: LISTEN,
    leaseMs: 60_000,
    clock,
    log: silentLogger,
  });
  t.after(() => edges.shutdown());
  const gone = new AbortController();
  const context = { nodeId: 'b', edges, home: HOME, gone: gone.signal };
  const ask = (name: FleetRequestName, input: object) =>
    answer(context, name, { ...ID, ...input }, { timeoutMs: TIMEOUT_MS, clock, log: silentLogger });
  const { parameters: pipe } = await (await new FakeWorker().createRouter()).createPipe(LISTEN);

  /** Asks, and has the worker answer only when time is over, or the link is gone. */
  const askInVain = async (name: FleetRequestName, input: object, end: 'late' | 'cut' = 'late') => {
    worker.pause();
    const answering = ask(name, input);
    await settle();
    if (end === 'late') {
      clock.advance(TIMEOUT_MS);
      const answered = await answering;
      assert.equal(!answered.ok && answered.error.code, 'timeout');
    } else {
      gone.abort();
    }
    worker.release();
    await settle();
    if (end === 'cut') assert.equal((await answering).ok, true);
  };
  return { worker, edges, ask, askInVain, pipe };
}

test('an edge that was opened too late is closed again', async (t) => {
  const { worker, edges, askInVain, pipe } = await setUp(t);
  await askInVain('edge:open', { pipe });
  assert.equal(edges.count, 0);
  assert.deepEqual([...worker.live], []);
});

for (const end of ['late', 'cut'] as const) {
  const when = end === 'late' ? 'when nobody waits for the answer any more' : 'after the link is gone';

  test(`a peer opened ${when} is closed again`, async (t) => {
    const { edges, ask, askInVain, pipe } = await setUp(t);
    await ask('edge:open', { pipe });
    await askInVain('peer:open', { peerId: 'ben' }, end);
    assert.deepEqual(edges.use(HOME, ID).state.peers, []);
  });

  test(`a microphone opened ${when} is closed again, and so are pipes`, async (t) => {
    const { worker, edges, ask, askInVain, pipe } = await setUp(t);
    await ask('edge:open', { pipe });
    const opened = await ask('peer:open', { peerId: 'ben' });
    assert.ok(opened.ok);
    const { send } = opened.data as { send: { id: string } };
    const produce = { peerId: 'ben', transportId: send.id, rtpParameters: opusRtp(1), paused: false };
    const before = [...worker.live];
    if (end === 'cut') await askInVain('peer:produce', produce, 'cut');
    else {
      await askInVain('peer:produce', produce);
      await askInVain('pipe:in', { producerId: 'at-home', peerId: 'ann', rtpParameters: opusRtp(2), paused: false });
    }
    assert.deepEqual(edges.use(HOME, ID).state, { peers: [{ peerId: 'ben', producers: [] }], in: [], out: [] });
    assert.deepEqual(
      [...worker.live].filter((id) => !before.includes(id) && !id.startsWith('levels')),
      [],
    );
  });
}

test('a microphone that was sent home too late is sent no longer', async (t) => {
  const { edges, ask, askInVain, pipe } = await setUp(t);
  await ask('edge:open', { pipe });
  const opened = await ask('peer:open', { peerId: 'ben' });
  assert.ok(opened.ok);
  const { send } = opened.data as { send: { id: string } };
  const produced = await ask('peer:produce', {
    peerId: 'ben',
    transportId: send.id,
    rtpParameters: opusRtp(1),
    paused: false,
  });
  assert.ok(produced.ok);
  const { producerId } = produced.data as { producerId: string };
  await askInVain('pipe:out', { producerId });
  assert.deepEqual(edges.use(HOME, ID).state.out, []);
});
