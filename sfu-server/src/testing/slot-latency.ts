import { silentLogger, systemClock } from '@parley/shared/runtime';
import { startSfuServer } from '../server.ts';
import { testConfig } from './sfu.ts';
import { Talk } from './talk.ts';
import { until } from './until.ts';
import { workerBin } from './worker-bin.ts';

/** Packets before these are not counted: code that has not run often is slow. */
const WARM_UP = 100;

export interface SlotLatency {
  slots: number;
  /** Packets that were measured. */
  packets: number;
  /** What the way through a slot takes longer than that of the microphone itself, in milliseconds. */
  p50: number;
  p99: number;
  max: number;
}

/**
 * Has as many talk as there are slots, 50 packets a second each, and a packet's arrival by its slot compared with its
 * arrival by its microphone, both in this process and from the same worker.
 */
export async function measureSlotLatency(options: { slots: number; packets: number }): Promise<SlotLatency> {
  const { slots } = options;
  const config = testConfig({ SPEAKER_SLOTS: String(slots), DIRECT_PRODUCERS_MAX: '1' });
  const server = await startSfuServer({ config, clock: systemClock, log: silentLogger, workerBin });
  const after: (() => void)[] = [];
  try {
    const holder = { nodeId: 'bench', instanceId: '' };
    await server.rooms.open('bench', holder);
    const room = server.rooms.use('bench', holder);
    const talk = new Talk({ after: (fn) => after.push(fn as () => void) }, room);
    const names = Array.from({ length: slots }, (_, i) => `talker-${i}`);
    await talk.open(...names, 'muted');
    talk.close('muted');
    talk.set(Object.fromEntries(names.map((name) => [name, -30])));
    await until(
      'everybody to have a slot',
      () => room.stage.slots.length > 0 && room.stage.slots.every((one) => one.peerId),
    );

    const direct = await room.home.router.createDirect();
    const arrived = new Map<string, number>();
    const taken: number[] = [];
    /** What is appended to the header is the payload: who, and which. */
    const nameOf = (packet: Buffer) => packet.toString('latin1', packet.lastIndexOf('talker'));
    for (const { id, peerId } of [...room.directory.entries]) {
      await direct.consume(id, (packet) => {
        const now = performance.now();
        const name = nameOf(packet);
        const other = arrived.get(name);
        if (other === undefined) arrived.set(name, now);
        else taken.push(peerId === null ? now - other : other - now);
        if (other !== undefined) arrived.delete(name);
      });
    }
    await until('a warm machine', () => taken.length >= WARM_UP);
    const from = taken.length;
    await until('enough packets', () => taken.length >= from + options.packets);
    const sorted = taken.slice(from).sort((a, b) => a - b);
    const at = (share: number) => Number((sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(3));
    return { slots, packets: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
  } finally {
    for (const fn of after) fn();
    await server.close();
  }
}

// As a program: one line of JSON for each number of slots it is given.
if (import.meta.main) {
  for (const slots of process.argv.slice(2)) {
    const latency = await measureSlotLatency({ slots: Number(slots), packets: 3_000 });
    process.stdout.write(`${JSON.stringify(latency)}\n`);
  }
}
