import { percentileOf } from '../figures.ts';
import { Parley } from './parley.ts';
import { SLOTS } from './room.ts';
import { Side, type Window } from './side.ts';

/** Few: what they decrypt in JavaScript must not keep them. */
const LISTENERS = 2;
/** Twice as many as there are slots talk. */
const TALKERS = 2 * SLOTS;

/** One line of the bench's result. Latencies from before encryption at the speaker to after decryption at a listener, ms. */
export interface SlotLatencyResult {
  bench: 'sfu';
  what: 'slot_latency';
  direct_ms_p50: number;
  direct_ms_p99: number;
  slots_ms_p50: number;
  slots_ms_p99: number;
  added_ms_p50: number;
  added_ms_p99: number;
  loss: number;
}

/**
 * What the way through the slots adds: of two rooms on two servers, the same but for that in one as many talk as there are
 * slots and in the other more, by turns. A listener gets as many packets in both.
 */
export async function measureSlotLatency(of: { rounds: number; windowMs: number }): Promise<SlotLatencyResult> {
  const sides: Side[] = [];
  try {
    for (const talkers of [SLOTS, TALKERS]) {
      const parley = await Parley.start();
      const side = new Side(parley);
      sides.push(side);
      await side.addSpeakers(talkers);
      if (talkers > SLOTS) await parley.expectSlots();
      await side.addListeners(LISTENERS, true);
      await side.listen(1_000);
    }
    const windows: Window[][] = sides.map(() => []);
    for (let round = 0; round < of.rounds; round += 1) {
      for (const [index, side] of sides.entries()) windows[index]?.push(await side.listen(of.windowMs));
    }
    const [direct = [], slots = []] = windows;
    const median = (of: readonly Window[], value: (window: Window) => number) => percentileOf(of.map(value), 0.5);
    const p50 = ({ heard }: Window) => heard.latencyP50;
    const p99 = ({ heard }: Window) => heard.latencyP99;
    const added = (value: (window: Window) => number) =>
      percentileOf(
        slots.map((window, round) => value(window) - value(direct[round] as Window)),
        0.5,
      );
    return {
      bench: 'sfu',
      what: 'slot_latency',
      direct_ms_p50: round(median(direct, p50)),
      direct_ms_p99: round(median(direct, p99)),
      slots_ms_p50: round(median(slots, p50)),
      slots_ms_p99: round(median(slots, p99)),
      added_ms_p50: round(added(p50)),
      added_ms_p99: round(added(p99)),
      loss: median(slots, ({ sent, heard }) => 1 - heard.packets / (sent * SLOTS * LISTENERS)),
    };
  } finally {
    await Promise.all(sides.map((side) => side.close()));
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;
