/**
 * The real matchmaker of one node under load, for `bench/match.ts`: `match-load.ts '{"store":"memory",…}'`. Many wait
 * for what nobody offers; in front of them others come, confirm, and go, so many at a time. The last line is JSON.
 */
import { parse, type ServerEvent, type ServerEventName } from '@parley/shared/protocol';
import { randomId, silentLogger, systemClock } from '@parley/shared/runtime';
import * as v from 'valibot';
import { MemoryBus } from '../cluster/memory-bus.ts';
import { guest } from '../identity/user.ts';
import { Matching } from '../matchmaking/matching.ts';
import { DEFAULT_MATCH_SETTINGS } from '../matchmaking/settings.ts';
import { MemoryBlockStore } from '../store/memory/block-store.ts';
import { MemoryTicketStore } from '../store/memory/ticket-store.ts';
import { RedisLink } from '../store/redis/link.ts';
import { RedisTicketStore } from '../store/redis/ticket-store.ts';
import { SessionTokens } from '../tokens/session-tokens.ts';

const Order = v.object({
  redis: v.optional(v.string()),
  /** Those who wait for what nobody offers. */
  tickets: v.number(),
  pairs: v.number(),
  /** Who comes at a time: as one has met somebody, another comes. */
  inFlight: v.number(),
});

const LANGUAGES = ['en', 'de', 'fr', 'es', 'it', 'pt', 'pl', 'nl', 'sv', 'tr'];
const REGIONS = ['eu', 'us', 'as', 'sa', 'af'];
const WARM_UP = 0.1;

const order = parse(Order, JSON.parse(process.argv[2] ?? ''));
const link = order.redis === undefined ? undefined : newLink(order.redis);
if (link) await new Promise<void>((resolve) => link.events.once('up', resolve));
const stores = { settings: DEFAULT_MATCH_SETTINGS, random: Math.random, newId: randomId };
const matching = new Matching({
  tickets: link ? new RedisTicketStore({ ...stores, link }) : new MemoryTicketStore(stores),
  blocks: new MemoryBlockStore(),
  passes: new SessionTokens({ secret: randomId(), clock: systemClock, lifetimeMs: 3_600_000 }),
  bus: new MemoryBus('load', silentLogger),
  clock: systemClock,
  logger: silentLogger,
});
const { matchmaker } = matching;
let people = 0;

await gather();
const waits: number[] = [];
await meet(Math.ceil(order.pairs * WARM_UP));
waits.length = 0;
const began = performance.now();
const cpuBefore = await cpuMs();
await meet(order.pairs);
const seconds = (performance.now() - began) / 1_000;
const cpu = (await cpuMs()).map((ms, index) => Math.round(((ms - (cpuBefore[index] ?? 0)) * 1_000) / order.pairs));
const [node_cpu_us_per_pair, redis_cpu_us_per_pair] = cpu;
const { rss } = process.memoryUsage();
waits.sort((a, b) => a - b);
const at = (share: number) => Math.round((waits[Math.ceil(share * waits.length) - 1] ?? 0) * 10) / 10;
const [wait_ms_p50, wait_ms_p95, wait_ms_max] = [at(0.5), at(0.95), at(1)];
const rss_mb = Math.round(rss / 2 ** 20);
const figures = {
  pairs_per_s: Math.round(order.pairs / seconds),
  wait_ms_p50,
  wait_ms_p95,
  wait_ms_max,
  node_cpu_us_per_pair,
  redis_cpu_us_per_pair,
  rss_mb,
};
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0));

/** Those who will wait throughout: as many kinds as places, among those who do meet. */
async function gather(): Promise<void> {
  const all = Array.from({ length: order.tickets }, (_, index) =>
    queue(
      index,
      { level: ['rare'] },
      () => {},
      () => {},
    ),
  );
  await Promise.all(all);
}

/** So many pairs come, meet, and are gone. */
function meet(pairs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let [come, met] = [0, 0];
    const next = () => {
      if (come >= pairs * 2) return;
      // Two by two of a place, in an order in which partners are some way apart.
      const place = come % 2 === 0 ? come : come - 1;
      come++;
      const since = performance.now();
      const onReady = () => {
        waits.push(performance.now() - since);
        if (++met === pairs * 2) resolve();
        else next();
      };
      queue(place / 2, {}, onReady, reject).catch(reject);
    };
    for (let index = 0; index < order.inFlight; index++) next();
  });
}

function queue(
  place: number,
  filters: Record<string, string[]>,
  onReady: () => void,
  onError: (error: unknown) => void,
): Promise<unknown> {
  const name = String(people++);
  const waiter = {
    id: `session-${name}`,
    user: guest(name),
    isOpen: true,
    tell: <E extends ServerEventName>(name: E, event: ServerEvent<E>) => {
      if (name === 'match:found') {
        matchmaker.confirm(waiter, (event as ServerEvent<'match:found'>).matchId).catch(onError);
      } else if (name === 'match:ready') {
        onReady();
      }
    },
  };
  const language = LANGUAGES[place % LANGUAGES.length] ?? null;
  const region = REGIONS[Math.floor(place / LANGUAGES.length) % REGIONS.length] ?? null;
  const wishes = { mode: 'bench', size: 2, language, region, attributes: {}, filters, widen: 'none' as const };
  return matchmaker.enqueue(waiter, `ticket-${name}`, wishes);
}

/** The processor time that this process and Redis have used so far, in ms: what a busy machine does not change. */
async function cpuMs(): Promise<number[]> {
  const { user, system } = process.cpuUsage();
  if (!link) return [(user + system) / 1_000];
  const info = await link.call((redis) => (redis as unknown as { info(section: string): Promise<string> }).info('cpu'));
  const seconds = ['user', 'sys'].map((kind) => Number(new RegExp(`used_cpu_${kind}:([\\d.]+)`).exec(info)?.[1] ?? 0));
  return [(user + system) / 1_000, seconds.reduce((sum, it) => sum + it, 0) * 1_000];
}

function newLink(url: string): RedisLink {
  const options = { urls: [url], cluster: false, prefix: 'bench', clock: systemClock, logger: silentLogger };
  return new RedisLink({ ...options, deadlineMs: 10_000 });
}
