import { availableParallelism } from 'node:os';
import { percentileOf } from '../figures.ts';
import { Parley } from './parley.ts';
import { Side, type Window } from './side.ts';
import { PACKETS_PER_S } from './speaker.ts';

/** Of those who talk, as many are forwarded: SPEAKER_SLOTS, by default. */
export const SLOTS = 6;
/** What two cores forward beside the clients that they have to carry, too. */
const PACKETS_MAX_PER_S = 30_000;
/** Connecting leaves much behind that is settled by then. */
const SETTLE_MS = 3_000;
const WINDOWS = 3;

/** One line of the bench's result. */
export interface RoomResult {
  bench: 'sfu';
  what: 'room';
  listeners: number;
  open_mics: number;
  /** CPU time of all processes of the server, ms, for each listener, a second of everyone who is open talking. */
  cpu_ms_per_listener_s: number;
  /** Of that: while nobody talks. */
  idle_cpu_ms_per_listener_s: number;
  kb_per_listener: number;
  /** Packets a second of each microphone while it was measured; below 50 the rest was extrapolated. */
  packets_per_mic_s: number;
  us_per_packet: number;
  loss: number;
}

/**
 * A room that so many talk in, and that listeners come to until it has each of the sizes. One core cannot send 50
 * packets a second of six speakers to 2,000 people, so that microphones send fewer then: what talking adds is measured at
 * that rate and counted for 50, what is there without it is not.
 */
export async function measureRoom(
  of: { openMics: number; sizes: readonly number[]; windowMs: number },
  onResult: (result: RoomResult) => void,
): Promise<void> {
  const parley = await Parley.start({ WORKERS: String(availableParallelism()) });
  const side = new Side(parley);
  try {
    await side.addSpeakers(of.openMics);
    if (of.openMics > SLOTS) await parley.expectSlots();
    await side.listen(1_000);
    const before = parley.rss();
    let there = 0;
    for (const listeners of of.sizes) {
      await side.addListeners(listeners - there);
      there = listeners;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const streams = Math.min(SLOTS, of.openMics);
      const rate = Math.min(PACKETS_PER_S, PACKETS_MAX_PER_S / (listeners * streams));
      const idle = await side.rest(of.windowMs);
      const windows: Window[] = [];
      await side.listen(of.windowMs / 2, rate);
      for (let i = 0; i < WINDOWS; i += 1) windows.push(await side.listen(of.windowMs, rate));
      const kb = (parley.rss() - before) / listeners;
      onResult(resultOf({ listeners, openMics: of.openMics, streams, rate, idle, windows, kb }));
    }
  } finally {
    await side.close();
  }
}

function resultOf(of: {
  listeners: number;
  openMics: number;
  streams: number;
  rate: number;
  idle: Window;
  windows: readonly Window[];
  kb: number;
}): RoomResult {
  const { listeners, streams, idle, windows } = of;
  const median = (value: (window: Window) => number) => percentileOf(windows.map(value), 0.5);
  const idleMs = idle.cpu.all / idle.ms / listeners;
  // What talking added, for each of a listener's packets: at 50 a second that is what it adds in a second.
  const usPerPacket = median(
    ({ cpu, ms, sent }) => (cpu.all - (idle.cpu.all / idle.ms) * ms) / (sent * streams * listeners),
  );
  return {
    bench: 'sfu',
    what: 'room',
    listeners,
    open_mics: of.openMics,
    cpu_ms_per_listener_s: round(idleMs + (usPerPacket * streams * PACKETS_PER_S) / 1e3, 3),
    idle_cpu_ms_per_listener_s: round(idleMs, 3),
    kb_per_listener: round(of.kb, 1),
    packets_per_mic_s: round(of.rate, 1),
    us_per_packet: round(usPerPacket, 2),
    loss: round(
      median(({ sent, heard }) => 1 - heard.packets / (sent * streams * listeners)),
      5,
    ),
  };
}

const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;
