// `npm run fuzz -- --messages 100000 --seed 1`: attacks a server with messages made from the schemas; see campaign.ts.
import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';

const MEGABYTE = 1024 * 1024;
const { values } = parseArgs({
  options: { messages: { type: 'string', default: '100000' }, seed: { type: 'string' } },
});
const messages = Number(values.messages);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!Number.isInteger(messages) || messages < 1 || !Number.isInteger(seed)) {
  process.stderr.write('--messages and --seed are whole numbers\n');
  process.exit(1);
}

console.log(`${messages} messages, seed ${seed}`);
let told = 0;
const result = await runCampaign(messages, seed, (line) => {
  if (Date.now() - told < 5_000) return;
  told = Date.now();
  console.log(`… ${line}`);
}).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});
const byCount = (counts: ReadonlyMap<string, number>) =>
  [...counts].sort((a, b) => b[1] - a[1]).map(([key, count]) => `  ${String(count).padStart(8)}  ${key}`);
const mb = (bytes: number) => `${(bytes / MEGABYTE).toFixed(1)} MB`;
const { before, after, latency } = result;
console.log(['requests:', ...byCount(result.requests), 'answers:', ...byCount(result.outcomes)].join('\n'));
console.log(
  `heap after gc: ${mb(before.heapBytes)} -> ${mb(after.heapBytes)}; resident: ${mb(before.rssBytes)} -> ${mb(after.rssBytes)}`,
);
console.log(
  `bystanders: ${latency.count} signals, ${latency.p50.toFixed(1)} ms in the middle, p99 ${latency.p99.toFixed(1)}, worst ${latency.max.toFixed(1)}`,
);
const seen = Object.fromEntries(result.outcomes);
console.log(
  JSON.stringify({
    fuzz: 'requests',
    seed,
    messages: result.messages,
    per_second: Math.round(result.perSecond),
    heap_mb: [before, after].map(({ heapBytes }) => Number((heapBytes / MEGABYTE).toFixed(1))),
    bystander_ms_p99: Number(latency.p99.toFixed(1)),
    codes: seen,
  }),
);
