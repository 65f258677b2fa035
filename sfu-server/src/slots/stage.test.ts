import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Forwarding } from '@parley/shared/control';
import { csrcOf } from '@parley/shared/media';
import { ParleyError } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import type { FakeProducer } from '../media/fake/producer.ts';
import type { FakeRouter } from '../media/fake/router.ts';
import { FakeWorker } from '../media/fake.ts';
import { rtpPacket } from '../testing/rtp.ts';
import type { MicrophonePlace } from './microphone.ts';
import { HOLD_MS, ROUNDS } from './selection.ts';
import { OVERLAP_MS, Stage } from './stage.ts';

const CALM_MS = 30_000;
/** Lets everything happen that no time has to pass for. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A microphone under way: what its client sends. */
class TestMicrophone {
  readonly producer: FakeProducer;
  #sequence = 0;

  constructor(producer: FakeProducer) {
    this.producer = producer;
  }

  say(text: string): void {
    const sequence = this.#sequence++;
    this.producer.send(rtpPacket({ ssrc: 1, payloadType: 111, sequence, payload: Buffer.from(text) }));
  }
}

async function setUp({ slots = 3, directProducersMax = 24 } = {}) {
  const clock = new FakeClock();
  const worker = new FakeWorker();
  const home = await worker.createRouter();
  /** What the stage asked of the room, in order. */
  const asked: string[] = [];
  const withholding = { answer: (): Promise<void> => Promise.resolve() };
  const brought = new Set<string>();
  const bringing = { answer: (): Promise<void> => Promise.resolve() };
  const stage = new Stage({
    slots,
    directProducersMax,
    calmMs: CALM_MS,
    room: {
      home,
      bring: async (producerId) => {
        await bringing.answer();
        brought.add(producerId);
        return { release: () => brought.delete(producerId) };
      },
      withhold: (peerId, slotId, withheld) => {
        asked.push(`${peerId} ${withheld ? 'not ' : ''}${slotIds().indexOf(slotId)}`);
        return withholding.answer();
      },
    },
    clock,
    log: silentLogger,
  });
  const told: Forwarding[] = [];
  stage.on('forwardingChanged', (forwarding) => told.push(forwarding));
  let done = 0;
  stage.on('microphonesDone', () => done++);
  const slotIds = () => stage.slots.map(({ producerId }) => producerId);
  const here: MicrophonePlace = { router: home };
  const microphones = new Map<string, TestMicrophone>();
  const mic = (peerId: string) => {
    const found = microphones.get(peerId);
    assert.ok(found);
    return found;
  };

  /** Peers begin to send; at home, unless told otherwise. */
  const produce = async (peerIds: string[], { at = here, paused = false, router = at.router as FakeRouter } = {}) => {
    for (const peerId of peerIds) {
      const producer = await (await (router ?? home).createDirect()).produce();
      microphones.set(peerId, new TestMicrophone(producer));
      stage.handleProduced({ peerId, producerId: producer.id, at }, paused);
    }
    await settle();
  };
  /** The microphones' levels at home, as its worker reports them. */
  const hear = async (levels: Record<string, number>, times = 1) => {
    for (let i = 0; i < times; i++) {
      clock.advance(250);
      const report = Object.entries(levels).map(([peerId, dBov]) => ({ producerId: mic(peerId).producer.id, dBov }));
      for (const one of home.levels) one.report(report);
      await settle();
    }
  };
  /** Who speaks in each slot, by what has come out of it since the last time. */
  const taken = new Map<string, number>();
  const out = () =>
    slotIds().map((id) => {
      const sent = home.producers.get(id)?.sent ?? [];
      const fresh = sent.slice(taken.get(id) ?? 0);
      taken.set(id, sent.length);
      // A slot's packet: 12 bytes, one CSRC, no extension, the payload.
      return fresh.map((packet) => {
        const text = packet.subarray(16).toString();
        const [speaker = ''] = text.split(' ');
        assert.equal(packet.readUInt32BE(12), csrcOf(speaker), text);
        return text;
      });
    });
  const close = (peerId: string) => {
    const { id } = mic(peerId).producer;
    mic(peerId).producer.close();
    stage.handleProducerClosed(id);
  };
  const holders = () => stage.slots.map(({ peerId }) => peerId);
  return {
    ...{ clock, worker, home, here, stage, told, asked, withholding, brought, bringing },
    ...{ mic, produce, hear, out, close, holders, slotIds, doneCount: () => done },
  };
}

test('with more open microphones than slots the room forwards by slots: the loudest, each under his name', async () => {
  const { stage, produce, hear, told, out, mic, holders, slotIds } = await setUp();
  await produce(['ann', 'ben', 'cat']);
  assert.deepEqual(stage.forwarding, { generation: 0, slots: [] });
  await hear({ ben: -30, cat: -20 });
  await produce(['dan']);
  assert.deepEqual(told, [{ generation: 1, slots: slotIds() }]);
  assert.equal(slotIds().length, 3);
  await hear({ ben: -30, cat: -20, dan: -40 });
  assert.deepEqual(holders().toSorted(), ['ben', 'cat', 'dan']);
  for (const peerId of ['ann', 'ben', 'cat', 'dan']) mic(peerId).say(`${peerId} 1`);
  assert.deepEqual(out().flat().toSorted(), ['ben 1', 'cat 1', 'dan 1']);
});

test('levels are listened to before they are needed, wherever microphones are', async () => {
  const { produce, home, worker, close, hear } = await setUp();
  const branch = await worker.createRouter();
  await produce(['ann', 'ben']);
  assert.equal(home.levels.length, 0);
  await produce(['cat'], { at: { router: branch } });
  assert.deepEqual([home.levels[0]?.producerIds.size, branch.levels[0]?.producerIds.size], [2, 1]);
  // Not at every turn anew.
  close('ben');
  await hear({});
  assert.equal(home.levels[0]?.closed, false);
  close('ann');
  await hear({});
  assert.deepEqual([home.levels[0]?.closed, branch.levels[0]?.closed], [true, true]);
});

test('a muted microphone is no open one, but too many of them mean slots too', async () => {
  const { stage, produce, told, holders, mic } = await setUp({ directProducersMax: 4 });
  await produce(['ann', 'ben', 'cat', 'dan'], { paused: true });
  assert.equal(told.length, 0);
  await produce(['eve'], { paused: true });
  assert.equal(told.length, 1);
  assert.deepEqual(holders(), [null, null, null]);
  stage.handlePaused(mic('cat').producer.id, false);
  await settle();
  assert.deepEqual(holders(), ['cat', null, null], 'at once, before his first word');
  stage.handlePaused(mic('cat').producer.id, true);
  assert.deepEqual(holders(), [null, null, null]);
});

test('a speaker is not sent his slot from before his first packet until after his last', async () => {
  const { produce, hear, asked, out, mic, withholding, clock, holders } = await setUp({ slots: 1 });
  await produce(['ann', 'ben']);
  await hear({ ann: -40 });
  assert.deepEqual(asked, ['ann not 0']);
  withholding.answer = () => new Promise(() => {});
  await hear({ ben: -20, ann: -40 }, ROUNDS);
  assert.deepEqual(asked.splice(0), ['ann not 0', 'ben not 0']);
  mic('ben').say('ben 1');
  mic('ann').say('ann 1');
  assert.deepEqual(out(), [['ann 1']], 'the one before him keeps it until then');
  // A branch that does not answer costs the others no more than this.
  clock.advance(50);
  await settle();
  assert.deepEqual(asked, ['ann 0']);
  mic('ben').say('ben 2');
  mic('ann').say('ann 2');
  assert.deepEqual(out(), [['ben 2']]);
  assert.deepEqual(holders(), ['ben']);
});

test('who loses his slot and gets another is in one of them only', async () => {
  const { produce, hear, mic, out, bringing, stage, asked } = await setUp({ slots: 2 });
  const elsewhere: MicrophonePlace = {};
  await produce(['ann', 'ben']);
  await produce(['eve'], { at: elsewhere });
  await hear({ ann: -40, ben: -30 });
  const release = Promise.withResolvers<void>();
  bringing.answer = () => release.promise;
  const loud = [{ producerId: mic('eve').producer.id, dBov: -10 }];
  for (let i = 0; i < ROUNDS; i++) {
    await hear({ ann: -40, ben: -30 });
    stage.handleLevels(elsewhere, loud);
  }
  mic('ann').say('ann 1');
  assert.deepEqual(out().flat(), ['ann 1'], 'not before she is there');
  for (let i = 0; i <= HOLD_MS / 250; i++) {
    await hear({ ann: -29 });
    stage.handleLevels(elsewhere, loud);
  }
  mic('ann').say('ann 2');
  assert.deepEqual(out().flat(), ['ann 2']);
  release.resolve();
  await settle();
  for (const who of ['ann', 'eve', 'ben']) mic(who).say(`${who} 3`);
  assert.deepEqual(out().flat().toSorted(), ['ann 3', 'eve 3']);
  assert.equal(
    asked.filter((one) => one.startsWith('ann')).at(-1),
    `ann not ${stage.slots[0]?.peerId === 'ann' ? 0 : 1}`,
  );
});

test('a microphone of another node is brought home for as long as it has a slot', async () => {
  const { produce, brought, holders, hear, mic, out, close } = await setUp({ slots: 1 });
  await produce(['ann', 'ben'], { at: {} });
  await hear({});
  assert.deepEqual([...brought], [mic('ann').producer.id]);
  mic('ann').say('ann 1');
  assert.deepEqual(out(), [['ann 1']]);
  close('ann');
  await settle();
  assert.deepEqual(holders(), ['ben']);
  assert.deepEqual([...brought], [mic('ben').producer.id]);
});

test('who is to have his slot again before he has lost it goes on in it as if nothing had been', async () => {
  const { stage, produce, bringing, mic, hear, home, close, slotIds, asked } = await setUp({ slots: 1 });
  const elsewhere: MicrophonePlace = {};
  await produce(['ann']);
  await produce(['eve'], { at: elsewhere });
  await hear({ ann: -40 });
  bringing.answer = () => new Promise(() => {});
  for (let i = 0; i < ROUNDS; i++) {
    await hear({ ann: -40 });
    stage.handleLevels(elsewhere, [{ producerId: mic('eve').producer.id, dBov: -10 }]);
  }
  const consumers = [...mic('ann').producer.consumers];
  mic('ann').say('ann 1');
  close('eve');
  await settle();
  mic('ann').say('ann 2');
  assert.deepEqual([...mic('ann').producer.consumers], consumers);
  const last = home.producers.get(slotIds()[0] ?? '')?.sent.at(-1);
  assert.equal(last?.subarray(16).toString(), 'ann 2');
  assert.equal((last?.[1] ?? 0) >> 7, 0, 'no new turn');
  assert.ok(!asked.includes('ann 0'));
});

test('levels from another node count as those from here', async () => {
  const { stage, produce, hear, holders, mic, here } = await setUp({ slots: 1 });
  const elsewhere: MicrophonePlace = {};
  await produce(['ann', 'ben']);
  await produce(['eve'], { at: elsewhere });
  await hear({ ann: -40 }, 2);
  for (let i = 0; i < ROUNDS; i++) {
    await hear({ ann: -40 });
    assert.deepEqual(holders(), ['ann']);
    const report = { eve: -20, ben: 0 };
    stage.handleLevels(
      elsewhere,
      Object.entries(report).map(([peerId, dBov]) => ({ producerId: mic(peerId).producer.id, dBov })),
    );
    // Of nobody, and (above) of somebody who is not there.
    stage.handleLevels(here, [{ producerId: 'none', dBov: 0 }]);
    await settle();
  }
  assert.deepEqual(holders(), ['eve']);
});

test('who is pinned has a slot however loud the others are', async () => {
  const { stage, produce, hear, holders } = await setUp({ slots: 2 });
  await produce(['ann', 'ben', 'cat']);
  await hear({ ann: -10, ben: -10 });
  stage.pin(['cat', 'stranger']);
  await settle();
  assert.ok(holders().includes('cat'));
  await hear({ ann: -10, ben: -10 }, 20);
  assert.ok(holders().includes('cat'));
});

test('slots that cannot be made are made in a later round, and nothing is left of the attempt', async () => {
  const { worker, produce, told, hear, home, slotIds } = await setUp();
  await produce(['ann', 'ben', 'cat']);
  const before = home.producers.size;
  let calls = 0;
  worker.delay = async () => {
    // Listening and the transport succeed, then two of the three producers.
    if (++calls === 5) throw new ParleyError('timeout');
  };
  await produce(['dan']);
  worker.delay = undefined;
  assert.equal(told.length, 0);
  assert.equal(home.producers.size, before + 1);
  await hear({});
  assert.deepEqual(told, [{ generation: 1, slots: slotIds() }]);
});

test('a microphone that cannot be had now is tried again, and whoever had the slot keeps it meanwhile', async () => {
  const { worker, produce, hear, holders, mic, out } = await setUp({ slots: 1 });
  await produce(['ann', 'ben']);
  await hear({ ann: -40 });
  worker.refuse(new ParleyError('timeout'));
  await hear({ ann: -40, ben: -20 }, ROUNDS + 3);
  mic('ann').say('ann 1');
  assert.deepEqual([holders(), out()], [['ann'], [['ann 1']]]);
  worker.refuse(undefined);
  await hear({ ann: -40, ben: -20 });
  mic('ben').say('ben 1');
  assert.deepEqual([holders(), out()], [['ben'], [['ben 1']]]);
});

test('a consumer that dies is replaced in the next round', async () => {
  const { produce, hear, home, mic, out, worker } = await setUp({ slots: 1 });
  await produce(['ann', 'ben']);
  await hear({ ann: -40 });
  for (const consumer of mic('ann').producer.consumers) consumer.close();
  // And with it the whole transport, as when the worker of a branch dies.
  for (const direct of home.directs) if (![...direct.below].some((one) => worker.live.has(one.id))) direct.close();
  mic('ann').say('ann 1');
  assert.deepEqual(out(), [[]]);
  await hear({ ann: -40 });
  mic('ann').say('ann 2');
  assert.deepEqual(out(), [['ann 2']]);
});

test('who begins anew keeps his slot', async () => {
  const { produce, hear, mic, out, close, slotIds } = await setUp({ slots: 2 });
  await produce(['ann', 'ben', 'cat']);
  await hear({ ann: -20, ben: -20 });
  mic('ann').say('ann 1');
  const at = out().findIndex((one) => one.length > 0);
  const old = mic('ann').producer;
  await produce(['ann']);
  old.close();
  mic('ann').say('ann 2');
  assert.deepEqual(out()[at], ['ann 2']);
  close('ann');
  assert.equal(slotIds().length, 2);
});

test('the room forwards directly again after a quiet while; both ways what was heard goes on for some time', async () => {
  const { stage, worker, produce, told, close, clock, hear, mic, out, doneCount, slotIds } = await setUp();
  await produce(['ann', 'ben', 'cat', 'dan']);
  const ids = slotIds();
  assert.ok(stage.needsMicrophones);
  clock.advance(OVERLAP_MS);
  assert.deepEqual([stage.needsMicrophones, doneCount()], [false, 1]);

  for (const peerId of ['ann', 'ben', 'cat']) close(peerId);
  await settle();
  clock.advance(CALM_MS - 250);
  assert.equal(told.length, 1);
  clock.advance(500);
  assert.deepEqual(told.at(-1), { generation: 2, slots: [] });
  assert.ok(stage.needsMicrophones);
  mic('dan').say('dan 1');
  assert.deepEqual(out().flat(), ['dan 1']);

  // Back before they are gone: the same ones.
  await produce(['eve', 'fay', 'gus']);
  assert.deepEqual(told.at(-1), { generation: 3, slots: ids });
  for (const peerId of ['eve', 'fay', 'gus']) close(peerId);
  clock.advance(CALM_MS + 250);
  assert.deepEqual(told.at(-1), { generation: 4, slots: [] });
  clock.advance(OVERLAP_MS);
  assert.deepEqual(slotIds(), []);
  assert.ok(ids.every((id) => !worker.live.has(id)));
  assert.equal(mic('dan').producer.consumers.size, 0);
  await hear({});
  assert.equal(clock.pending, 0);
});

test('closed at any moment, a stage leaves nothing', async () => {
  for (let patience = 0; patience < 14; patience++) {
    const { stage, worker, produce, clock, brought, mic } = await setUp({ slots: 2 });
    await produce(['ann']);
    await produce(['ben', 'cat'], { at: {} });
    const before = new Set([...worker.live].filter((id) => !/^(levels|consumer)/.test(id)));
    let calls = 0;
    worker.delay = async () => {
      if (++calls === patience) stage.close();
    };
    // The directs of stage come after: count what is left of those.
    const made = new Set(worker.live);
    stage.handleProduced({ peerId: 'dan', producerId: mic('ann').producer.id, at: {} }, false);
    for (let i = 0; i < 20; i++) await settle();
    worker.delay = undefined;
    stage.close();
    await settle();
    assert.deepEqual(
      [...worker.live].filter((id) => !before.has(id)),
      [],
      `after ${patience} of ${made.size}`,
    );
    assert.deepEqual([clock.pending, brought.size, stage.slots.length], [0, 0, 0]);
  }
});
