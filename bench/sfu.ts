/**
 * What forwarding costs, and what a large room costs.
 *
 *   npm run bench:sfu [-- --what forward --consumers 100,500 | --quick] [--record]
 *
 * `forward`: one speaker, N listeners who each consume it, in front of our SFU server (driven over its control link, as
 * signaling drives it), of a bare mediasoup worker with nothing around it (the limit) and of Janus's video room (a peer),
 * all with one worker and with the same clients: real ICE, DTLS and SRTP (AES-128-GCM for all), 80-byte packets, 50 a
 * second. The three are there at once and speak by turns. Counted is the CPU time of the process that forwards, from the
 * kernel's own account, a packet that a listener received; what the clients cost does not count, so they may run on the
 * same machine. A listener's client (sfu/media-client.ts) does not decrypt what it counts. Figures are the median
 * of the rounds; the ratio is that of the rounds' ratios, so that what else the machine has to do weighs on both.
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

const { values: options } = parseArgs({
  options: {
    consumers: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
});
const consumers = (options.consumers ?? (options.quick ? '50' : '100,500,1000')).split(',').map(whole);
const rounds = whole(options.rounds ?? (options.quick ? '3' : '7'));
const windowMs = options.quick ? 1_000 : 3_000;

console.log(`${describeMachine()}; commit ${describeCommit()}`);
const hasPeer = findProgram('janus') !== undefined;
if (!hasPeer) console.log('Janus is not installed (sudo apt-get install janus): there is no peer to compare with.');

const forwarded: ForwardResult[] = [];
for (const listeners of consumers) {
  const sides = [startLimit, () => Parley.start(), ...(hasPeer ? [startJanus] : [])];
  const result = forwardResult(listeners, await measureForwarding(sides, { listeners, rounds, windowMs }));
  forwarded.push(result);
  console.log(`${listeners} consumers: ${describe(result)}`);
}
console.log(
  `\n${table([
    ['consumers', 'us/packet', 'with node', 'limit', 'ratio', 'Janus', 'loss %', 'ms p99', 'limit p99'],
    ...forwarded.map((it) => [
      it.consumers,
      it.us_per_packet,
      it.us_per_packet_with_node,
      it.limit_us_per_packet,
      it.ratio,
      it.peer_us_per_packet ?? '',
      it.loss * 100,
      it.latency_ms_p99,
      it.limit_latency_ms_p99,
    ]),
  ])}\n`,
);
if (options.record) {
  const words = forwarded.map((it) => `${it.consumers} consumers: ${describe(it)}`);
  record(`sfu forward, ${rounds} rounds of ${windowMs / 1e3} s`, words.join('; '));
}
for (const result of forwarded) console.log(JSON.stringify(result));
// mediasoup keeps handles of workers that are closed already.
process.exit();

function describe(it: ForwardResult): string {
  const peer = it.peer_us_per_packet === null ? 'no Janus' : `Janus ${it.peer_us_per_packet}`;
  return (
    `${it.us_per_packet} µs a packet (${it.us_per_packet_with_node} with node), limit ${it.limit_us_per_packet} ` +
    `(ratio ${it.ratio}), ${peer}; loss ${it.loss}, latency p99 ${it.latency_ms_p99} ms (limit ${it.limit_latency_ms_p99})`
  );
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`a whole number is wanted, not ${text}`);
  return value;
}
