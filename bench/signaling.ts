/**
 * What the signaling server costs beside a bare WebSocket server (the limit): the time and the memory of N people.
 *
 *   npm run bench:signaling [-- --users 200,1000 --rounds 20 | --quick] [--record]
 *
 * Both servers run as processes of their own, each with N clients in other processes: up to 100 of them are
 * socket.io-client (for the limit: the client of `ws`), the others speak just enough of the protocol to be joined users
 * (light-client.ts). A broadcast is one event of 0.3 KB to everyone (`POST /v1/events`, for the limit a POST of the same
 * bytes); it takes from the request until the last client has read it. The servers take turns. Memory is what the
 * process has grown by, shared out: of fewer than some thousand users it tells more of V8 than of them.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { table } from './figures.ts';
import { describeCommit, describeMachine } from './machine.ts';
import { record } from './results.ts';
import { DOCUMENTED_KB, DOCUMENTED_MS, type Measured, resultOf } from './signaling-figures.ts';
import { measureRow } from './signaling-row.ts';

const SIZES = '200,500,1000,5000,10000';
const QUICK = { users: '200,1000', rounds: '10' };
/** Descriptors that a server needs beside those of its clients. */
const SPARE_FILES = 200;

const { values: options } = parseArgs({
  options: {
    users: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
});
const sizes = (options.users ?? (options.quick ? QUICK.users : SIZES)).split(',').map((size) => whole('users', size));
const rounds = whole('rounds', options.rounds ?? (options.quick ? QUICK.rounds : '21'));
const files = openFiles();
for (const size of sizes) {
  if (size + SPARE_FILES > files) {
    throw new RangeError(`${size} users need ${size + SPARE_FILES} open files, ${files} are allowed: see ulimit -n`);
  }
}

console.log(`${describeMachine()}; commit ${describeCommit()}; ${rounds} broadcasts a row`);
const measured: Measured[] = [];
for (const size of sizes) {
  const row = await measureRow(size, rounds);
  measured.push(row);
  console.log(`${size} users: ${describe(row)}`);
}
const results = measured.map(resultOf);
console.log(
  `\n${table([
    ['users', 'fan-out p50', 'p99', 'limit p50', 'ratio', 'documents', 'KB/user', 'limit', 'joins/s', 'lag p99'],
    ...results.map((it) => [
      it.n,
      it.fanout_ms_p50,
      it.fanout_ms_p99,
      it.limit_fanout_ms_p50,
      it.ratio,
      DOCUMENTED_MS.get(it.n) ?? '',
      it.rss_kb_per_conn,
      it.limit_rss_kb_per_conn,
      it.joins_per_s,
      it.loop_lag_ms_p99,
    ]),
  ])}\n\nTimes in ms. The documents' memory of a connection: ${DOCUMENTED_KB} KB.\n`,
);
if (options.record) {
  const words = measured.map((row) => `${row.n} users: ${describe(row)}`);
  record(`signaling, ${rounds} broadcasts`, words.join('; '));
}
for (const result of results) console.log(JSON.stringify(result));

function describe(row: Measured): string {
  const it = resultOf(row);
  return (
    `fan-out p50 ${it.fanout_ms_p50}, p99 ${it.fanout_ms_p99} ms, limit ${it.limit_fanout_ms_p50} (ratio ${it.ratio}); ` +
    `${it.rss_kb_per_conn} KB a user, limit ${it.limit_rss_kb_per_conn}, ${Math.round(row.rssKb.after / 1024)} MB in all; ` +
    `${it.joins_per_s} joins/s; loop lag p99 ${it.loop_lag_ms_p99} ms`
  );
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`--${name} wants whole numbers, not ${text}`);
  return value;
}

/** Node raises its own limit as far as it may: to the hard one. */
function openFiles(): number {
  const line = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  return line?.[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(line?.[1]);
}
