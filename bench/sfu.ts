/**
 * What forwarding costs, what a large room costs, and what speaker slots add.
 *
 *   npm run bench:sfu [-- --what forward,room,slot_latency --consumers 100,500 --listeners 100,2000 --mics 1,6,100 | --quick] [--record]
 *
 * `forward`: one speaker, N listeners who each consume it, in front of our SFU server (driven over its control link, as
 * signaling drives it), of a bare mediasoup worker with nothing around it (the limit) and of Janus's video room (a peer),
 * ours and the limit with one worker, and all with the same clients: real ICE, DTLS and SRTP (AES-128-GCM for all),
 * 80-byte packets, 50 a second. The three are there at once and speak by turns. Counted is the CPU time of the process
 * that forwards, from the kernel's own account, a packet that a listener received; what the clients cost does not
 * count, so they may run on the same machine. A listener's client (sfu/media-client.ts) does not decrypt what it counts.
 * Figures are the median of the rounds; the ratio is that of the rounds' ratios, so that what else the machine has to
 * do weighs on both.
 *
 * `room`: one room of our server with a worker for each core, some of whom talk all the time, and listeners; beyond
 * SPEAKER_SLOTS open microphones through the slots (sfu/room.ts).
 *
 * `slot_latency`: what the way through the slots adds (sfu/slot-latency.ts).
 */
import { parseArgs } from 'node:util';
import { findProgram } from '../scripts/system-packages.mjs';
import { table } from './figures.ts';
import { describeCommit, describeMachine } from './machine.ts';
import { record } from './results.ts';
import { type ForwardResult, forwardResult, measureForwarding } from './sfu/forward.ts';
import { startJanus } from './sfu/janus.ts';
import { startLimit } from './sfu/limit.ts';
import { Parley } from './sfu/parley.ts';
import { measureRoom, type RoomResult } from './sfu/room.ts';
import { measureSlotLatency } from './sfu/slot-latency.ts';

const { values: options } = parseArgs({
  options: {
    what: { type: 'string', default: 'forward,room,slot_latency' },
    consumers: { type: 'string' },
    listeners: { type: 'string' },
    mics: { type: 'string', default: '1,6,100' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
});
const numbers = (list: string): number[] => list.split(',').map(whole);
const consumers = numbers(options.consumers ?? (options.quick ? '50' : '100,500,1000'));
const listeners = numbers(options.listeners ?? (options.quick ? '50,100' : '100,500,1000,2000'));
const rounds = whole(options.rounds ?? (options.quick ? '3' : '7'));
const windowMs = options.quick ? 1_000 : 3_000;
const MEASURES: Record<string, () => Promise<object[]>> = { forward, room, slot_latency: slotLatency };

console.log(`${describeMachine()}; commit ${describeCommit()}`);
const results: object[] = [];
for (const what of options.what.split(',')) {
  const measure = MEASURES[what];
  if (!measure) throw new RangeError(`there is no "${what}"; there are: ${Object.keys(MEASURES).join(', ')}`);
  results.push(...(await measure()));
}
for (const result of results) console.log(JSON.stringify(result));
// mediasoup keeps handles of workers that are closed already.
process.exit();

async function forward(): Promise<object[]> {
  const hasPeer = findProgram('janus') !== undefined;
  if (!hasPeer) console.log('Janus is not installed (sudo apt-get install janus): there is no peer to compare with.');
  const forwarded: ForwardResult[] = [];
  for (const count of consumers) {
    const sides = [startLimit, () => Parley.start(), ...(hasPeer ? [startJanus] : [])];
    const result = forwardResult(count, await measureForwarding(sides, { listeners: count, rounds, windowMs }));
    forwarded.push(result);
    console.log(`${count} consumers: ${describeForwarded(result)}`);
  }
  print(
    ['consumers', 'us/packet', 'with node', 'limit', 'ratio', 'Janus', 'loss', 'ms p99', 'limit p99'],
    forwarded.map((it) => [
      ...[it.consumers, it.us_per_packet, it.us_per_packet_with_node, it.limit_us_per_packet, it.ratio],
      ...[it.peer_us_per_packet ?? '', it.loss, it.latency_ms_p99, it.limit_latency_ms_p99],
    ]),
  );
  keep(
    `forward, ${rounds} rounds of ${windowMs / 1e3} s`,
    forwarded.map((it) => `${it.consumers} consumers: ${describeForwarded(it)}`),
  );
  return forwarded;
}

async function room(): Promise<object[]> {
  const rooms: RoomResult[] = [];
  for (const openMics of numbers(options.mics)) {
    await measureRoom({ openMics, sizes: listeners, windowMs }, (result) => {
      rooms.push(result);
      console.log(`${openMics} open microphones, ${describeRoom(result)}`);
    });
  }
  print(
    ['mics', 'listeners', 'ms/listener/s', 'idle', 'KB/listener', 'us/packet', 'packets/mic/s', 'loss'],
    rooms.map((it) => [
      ...[it.open_mics, it.listeners, it.cpu_ms_per_listener_s, it.idle_cpu_ms_per_listener_s, it.kb_per_listener],
      ...[it.us_per_packet, it.packets_per_mic_s, it.loss],
    ]),
  );
  keep(
    'room; below 50 packets a microphone a second extrapolated to 50',
    rooms.map((it) => `${it.open_mics} open microphones, ${describeRoom(it)}`),
  );
  return rooms;
}

async function slotLatency(): Promise<object[]> {
  const result = await measureSlotLatency({ rounds, windowMs });
  const words =
    `direct p50 ${result.direct_ms_p50}, p99 ${result.direct_ms_p99} ms; by slots ${result.slots_ms_p50}, ` +
    `${result.slots_ms_p99} ms; added ${result.added_ms_p50}, ${result.added_ms_p99} ms; loss ${result.loss}`;
  console.log(`slots: ${words}\n`);
  keep(`slot latency, ${rounds} rounds of ${windowMs / 1e3} s`, [words]);
  return [result];
}

function describeForwarded(it: ForwardResult): string {
  const peer = it.peer_us_per_packet === null ? 'no Janus' : `Janus ${it.peer_us_per_packet}`;
  return (
    `${it.us_per_packet} µs a packet (${it.us_per_packet_with_node} with node), limit ${it.limit_us_per_packet} ` +
    `(ratio ${it.ratio}), ${peer}; loss ${it.loss}, latency p99 ${it.latency_ms_p99} ms (limit ${it.limit_latency_ms_p99})`
  );
}

function describeRoom(it: RoomResult): string {
  return (
    `${it.listeners} listeners: ${it.cpu_ms_per_listener_s} ms CPU a listener a second (${it.idle_cpu_ms_per_listener_s} idle, ` +
    `${it.us_per_packet} µs a packet, at ${it.packets_per_mic_s} packets a microphone a second), ${it.kb_per_listener} KB a listener`
  );
}

function print(heading: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  console.log(`\n${table([heading, ...rows])}\n`);
}

function keep(bench: string, words: readonly string[]): void {
  if (options.record) record(`sfu ${bench}`, words.join('; '));
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`a whole number is wanted, not ${text}`);
  return value;
}
