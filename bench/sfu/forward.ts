import { percentileOf } from '../figures.ts';
import { type Forwarder, Side, type Window } from './side.ts';

/** What forwarding one speaker's packets to so many listeners came to, with one of those that are compared. */
export interface Forwarded {
  readonly name: string;
  /** CPU time a forwarded packet, in µs: of the process that forwards, and of the whole server. */
  readonly usPerPacket: number;
  readonly usPerPacketInAll: number;
  /** How many times what the first of them needs, in the same round. */
  readonly ratio: number;
  /** Share of what should have been heard and was not. */
  readonly loss: number;
  readonly latencyP50: number;
  readonly latencyP99: number;
}

/** Not counted: caches and branch predictors have to get to know the code first. */
const WARM_UP_MS = 1_000;

/** Measures all of them (the first is what the others are held against) with the same listeners and speaker, by turns. `windowMs`: how long a turn takes. */
export async function measureForwarding(
  forwarders: readonly (() => Promise<Forwarder>)[],
  of: { listeners: number; rounds: number; windowMs: number },
): Promise<Forwarded[]> {
  const sides: Side[] = [];
  try {
    for (const start of forwarders) {
      const side = new Side(await start());
      sides.push(side);
      await side.addSpeakers(1);
      await side.addListeners(of.listeners);
    }
    const windows = new Map<Side, Window[]>(sides.map((side) => [side, []]));
    for (const side of sides) await side.listen(WARM_UP_MS);
    for (let round = 0; round < of.rounds; round += 1) {
      // Whoever comes first does not always do so.
      const turns = round % 2 === 0 ? sides : sides.toReversed();
      for (const side of turns) windows.get(side)?.push(await side.listen(of.windowMs));
    }
    const [limit = []] = windows.values();
    return [...windows].map(([side, all]) => summed(side.forwarder.name, all, limit, of.listeners));
  } finally {
    await Promise.all(sides.map((side) => side.close()));
  }
}

function summed(name: string, windows: readonly Window[], limit: readonly Window[], listeners: number): Forwarded {
  const median = (of: (window: Window, round: number) => number) => percentileOf(windows.map(of), 0.5);
  const usPerPacket = ({ cpu, heard }: Window) => cpu.forwarding / heard.packets;
  return {
    name,
    usPerPacket: median(usPerPacket),
    usPerPacketInAll: median(({ cpu, heard }) => cpu.all / heard.packets),
    ratio: median((window, round) => usPerPacket(window) / usPerPacket(limit[round] as Window)),
    loss: median(({ sent, heard }) => 1 - heard.packets / (sent * listeners)),
    latencyP50: median(({ heard }) => heard.latencyP50),
    latencyP99: median(({ heard }) => heard.latencyP99),
  };
}

/** One line of the bench's result. */
export interface ForwardResult {
  bench: 'sfu';
  what: 'forward';
  consumers: number;
  us_per_packet: number;
  us_per_packet_with_node: number;
  limit_us_per_packet: number;
  ratio: number;
  /** null: there is no peer on this machine. */
  peer_us_per_packet: number | null;
  loss: number;
  latency_ms_p99: number;
  limit_latency_ms_p99: number;
}

export function forwardResult(consumers: number, [limit, ours, peer]: readonly Forwarded[]): ForwardResult {
  if (!limit || !ours) throw new Error('there is nothing to compare');
  return {
    bench: 'sfu',
    what: 'forward',
    consumers,
    us_per_packet: round(ours.usPerPacket, 2),
    us_per_packet_with_node: round(ours.usPerPacketInAll, 2),
    limit_us_per_packet: round(limit.usPerPacket, 2),
    ratio: round(ours.ratio, 3),
    peer_us_per_packet: peer ? round(peer.usPerPacket, 2) : null,
    loss: round(ours.loss, 5),
    latency_ms_p99: round(ours.latencyP99, 1),
    limit_latency_ms_p99: round(limit.latencyP99, 1),
  };
}

const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;
