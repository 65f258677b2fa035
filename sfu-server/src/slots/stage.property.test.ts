import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import fc from 'fast-check';
import type { FakeProducer } from '../media/fake/producer.ts';
import type { FakeRouter } from '../media/fake/router.ts';
import { FakeWorker } from '../media/fake.ts';
import { rtpPacket } from '../testing/rtp.ts';
import type { MicrophonePlace } from './microphone.ts';
import { Stage } from './stage.ts';

const PEERS = ['ann', 'ben', 'cat', 'dan', 'eve', 'fay'];
const turn = () => new Promise((resolve) => setImmediate(resolve));
const peer = fc.constantFrom(...PEERS);

const steps = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('produce' as const), peer, place: fc.nat(2), paused: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('mute' as const), peer, paused: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const), peer }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('levels' as const),
      levels: fc.dictionary(peer, fc.integer({ min: -60, max: 0 })),
      times: fc.integer({ min: 1, max: 10 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pin' as const), peers: fc.shuffledSubarray(PEERS) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refuse' as const), on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(50, 5_000, 20_000) }) },
  /** The worker's branch forgets what it had for us, as when it was killed and its peers are not told yet. */
  { weight: 1, arbitrary: fc.record({ do: fc.constant('break' as const), place: fc.nat(1) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), turns: fc.integer({ min: 1, max: 6 }) }) },
);

interface Sender {
  producer: FakeProducer;
  at: MicrophonePlace;
  paused: boolean;
  sequence: number;
}

test('whatever comes, goes, fails and is late: nobody in two slots, nobody sent his own, and in the end what should be', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(steps, { minLength: 20, maxLength: 80, size: 'max' }),
      fc.infiniteStream(fc.nat(3)),
      async (all, delays) => {
        const clock = new FakeClock();
        const worker = new FakeWorker();
        const routers = [await worker.createRouter(), await worker.createRouter(), await worker.createRouter()];
        const [home, branch, far] = routers as [FakeRouter, FakeRouter, FakeRouter];
        /** The last stands for another node: it is brought home by hand. */
        const places: MicrophonePlace[] = [{ router: home }, { router: branch }, {}];
        const senders = new Map<string, Sender>();
        const holds = new Map<string, number>();
        const brought = new Map<string, FakeProducer>();
        /** What each peer is not sent, as it has been carried out. */
        const withheld = new Set<string>();
        const late = async () => {
          for (let n = delays.next().value ?? 0; n > 0; n--) await turn();
        };
        let refuses = false;
        const call = async () => {
          await late();
          if (refuses) throw new ParleyError('timeout');
        };
        worker.delay = call;
        const stage = new Stage({
          slots: 3,
          directProducersMax: 4,
          calmMs: 10_000,
          room: {
            home,
            bring: async (producerId) => {
              await call();
              const producer = far.producers.get(producerId);
              if (!producer) throw new ParleyError('not_found');
              holds.set(producerId, (holds.get(producerId) ?? 0) + 1);
              home.producers.set(producerId, producer);
              brought.set(producerId, producer);
              let held = true;
              return {
                release: () => {
                  assert.ok(held, 'let go once');
                  held = false;
                  holds.set(producerId, (holds.get(producerId) ?? 0) - 1);
                },
              };
            },
            withhold: async (peerId, slotId, isWithheld) => {
              // As a worker does what it is asked, in order, whether or not the answer comes.
              if (isWithheld) withheld.add(`${peerId} ${slotId}`);
              else withheld.delete(`${peerId} ${slotId}`);
              await late();
            },
          },
          clock,
          log: silentLogger,
        });

        const end = (name: string) => {
          const sender = senders.get(name);
          if (!sender) return;
          senders.delete(name);
          sender.producer.close();
          home.producers.delete(sender.producer.id);
          stage.handleProducerClosed(sender.producer.id);
        };
        const perform = async (step: (typeof all)[number]) => {
          switch (step.do) {
            case 'produce': {
              const at = places[step.place] ?? {};
              worker.delay = undefined;
              worker.refuse(undefined);
              const made = (await (
                await ((at.router as FakeRouter | undefined) ?? far).createDirect()
              ).produce()) as FakeProducer;
              worker.delay = call;
              const sender = { producer: made, at, paused: step.paused, sequence: 0 };
              const before = senders.get(step.peer);
              senders.set(step.peer, sender);
              stage.handleProduced({ peerId: step.peer, producerId: made.id, at }, step.paused);
              // A peer's earlier producer closes when it has another.
              before?.producer.close();
              if (before) stage.handleProducerClosed(before.producer.id);
              return;
            }
            case 'mute': {
              const sender = senders.get(step.peer);
              if (!sender) return;
              sender.paused = step.paused;
              return stage.handlePaused(sender.producer.id, step.paused);
            }
            case 'close':
              return end(step.peer);
            case 'levels':
              for (let i = 0; i < step.times; i++) {
                clock.advance(250);
                for (const at of places) {
                  const levels = Object.entries(step.levels).flatMap(([name, dBov]) => {
                    const sender = senders.get(name);
                    return sender?.at === at ? [{ producerId: sender.producer.id, dBov }] : [];
                  });
                  if (!at.router) stage.handleLevels(at, levels);
                  else for (const one of (at.router as FakeRouter).levels) one.report(levels);
                }
                await turn();
              }
              return;
            case 'pin':
              return stage.pin(step.peers);
            case 'refuse':
              refuses = step.on;
              return;
            case 'pass':
              return clock.advance(step.ms);
            case 'break':
              for (const one of routers[step.place]?.levels ?? []) one.close();
              for (const { producer } of senders.values()) for (const consumer of producer.consumers) consumer.close();
              if (step.place === 1)
                for (const direct of branch.directs)
                  if (![...direct.below].some((one) => one.id.startsWith('producer'))) direct.close();
              return;
            case 'wait':
              for (let i = 0; i < step.turns; i++) await turn();
          }
        };
        /** Everybody says something; returns who came out of which slot. */
        const listen = () => {
          const ids = stage.slots.map(({ producerId }) => producerId);
          const before = ids.map((id) => home.producers.get(id)?.sent.length ?? 0);
          for (const [name, sender] of senders) {
            if (sender.paused) continue;
            const payload = Buffer.from(name);
            sender.producer.send(rtpPacket({ ssrc: 1, payloadType: 111, sequence: sender.sequence++, payload }));
          }
          return ids.map((id, i) => {
            const packets = (home.producers.get(id)?.sent ?? []).slice(before[i]);
            assert.ok(packets.length <= 1, 'one voice in a slot');
            const [packet] = packets;
            return packet && { id, name: packet.subarray(16).toString() };
          });
        };

        for (const step of all) {
          await perform(step);
          const said = listen().filter((one) => one !== undefined);
          assert.equal(new Set(said.map(({ name }) => name)).size, said.length, 'nobody in two slots');
          for (const { name, id } of said) assert.ok(withheld.has(`${name} ${id}`), 'nobody is sent his own');
        }

        // Left alone for a while, it is as it should be.
        refuses = false;
        for (let i = 0; i < 8; i++) {
          clock.advance(250);
          for (let n = 0; n < 30; n++) await turn();
        }
        const open = [...senders].filter(([, { paused }]) => !paused).map(([name]) => name);
        const said = listen();
        if (open.length > 3 || senders.size > 4) assert.equal(stage.forwarding.slots.length, 3);
        if (said.length > 0) assert.equal(said.filter((one) => one !== undefined).length, Math.min(3, open.length));
        const held = said.filter((one) => one !== undefined).length;
        // Of a slot that has ended nobody is sent anything.
        const there = stage.slots.map(({ producerId }) => producerId);
        const kept = [...withheld].filter((one) => there.some((id) => one.endsWith(` ${id}`)));
        assert.equal(kept.length, held, 'and everybody is sent all others');
        const taps = [...senders.values()].flatMap(({ producer }) => [...producer.consumers]);
        assert.equal(taps.length, held, 'no microphone is had for nothing');
        for (const router of [home, branch]) {
          const near = [...senders.values()].filter(({ at }) => at.router === router);
          const ears = router.levels.filter(({ closed }) => !closed);
          assert.ok(ears.length <= 1);
          if (stage.forwarding.slots.length > 0 && near.length > 0) {
            assert.ok(
              near.every(({ producer }) => ears[0]?.producerIds.has(producer.id)),
              'all are listened to',
            );
          }
        }
        const bringing = [...holds.values()].reduce((sum, one) => sum + one, 0);
        assert.equal(bringing, said.filter((one) => one && senders.get(one.name)?.at.router === undefined).length);

        stage.close();
        for (let n = 0; n < 30; n++) await turn();
        assert.ok([...holds.values()].every((one) => one === 0));
        assert.equal([...senders.values()].flatMap(({ producer }) => [...producer.consumers]).length, 0);
        assert.ok(routers.every(({ levels }) => levels.every(({ closed }) => closed)));
        assert.equal(clock.pending, 0);
      },
    ),
    { numRuns: 60 },
  );
});
