import assert from 'node:assert/strict';
import { REQUEST_NAMES } from '@parley/shared/protocol';
import fc from 'fast-check';
import { until } from '../testing/until.ts';
import { Attacker } from './attacker.ts';
import { Bystanders } from './bystanders-thread.ts';
import { Knowledge } from './knowledge.ts';
import { type Message, messages } from './messages.ts';
import { type Memory, Victim } from './victim-process.ts';

const ATTACKERS = 6;
const BATCH = 250;
const JOIN_EVERY = 12;
/** Sent before memory is looked at: code is compiled and caches fill. */
const WARM_UP = 0.2;
const ROOMS = ['fuzz 1', 'fuzz 2', 'fuzz 3'];

export interface Campaign {
  seed: number;
  /** Messages sent, and how many a second. */
  messages: number;
  perSecond: number;
  /** Outcome -> how often. */
  outcomes: ReadonlyMap<string, number>;
  /** Request -> how often it was sent. */
  requests: ReadonlyMap<string, number>;
  before: Memory;
  after: Memory;
  /** Of signals between bystanders, in ms. */
  latency: { p50: number; p99: number; max: number; count: number };
}

/**
 * Attacks a server of its own with so many messages, made from the schemas of the requests, while bystanders have a call.
 * @throws {AssertionError} when the server fails, answers as it should not, or the bystanders notice
 */
export async function runCampaign(
  count: number,
  seed: number,
  say: (line: string) => void = () => {},
): Promise<Campaign> {
  const victim = await Victim.start();
  try {
    return await attack(victim, count, seed, say);
  } catch (error) {
    if (error instanceof Error) error.message += `\n(seed ${seed}; the server says: ${victim.faults.join('\n')})`;
    throw error;
  } finally {
    victim.close();
  }
}

async function attack(victim: Victim, count: number, seed: number, say: (line: string) => void): Promise<Campaign> {
  const bystanders = await Bystanders.join(victim.url);
  try {
    return await attackBeside(bystanders, { victim, count, seed, say });
  } finally {
    bystanders.end();
  }
}

async function attackBeside(
  bystanders: Bystanders,
  { victim, count, seed, say }: { victim: Victim; count: number; seed: number; say: (line: string) => void },
): Promise<Campaign> {
  const knowledge = new Knowledge({ roomId: ROOMS, epoch: [1, 2, 3], to: bystanders.ids, userIds: ['guest:x'] });
  const attackers = Array.from(
    { length: ATTACKERS },
    (_, i) =>
      // Every third may moderate, but nobody who is not in a room of theirs.
      new Attacker(victim.url, knowledge, i % 3 === 0 ? victim.token(`eve ${i}`) : undefined),
  );
  const outcomes = new Map<string, number>();
  const requests = new Map<string, number>();
  let sent = 0;
  const run = async (until: number) => {
    while (sent < until) {
      const batches = attackers.map((_, i) => generate(seed + sent + i * BATCH, Math.min(BATCH, until - sent)));
      sent += batches.reduce((sum, batch) => sum + batch.length, 0);
      for (const { name } of batches.flat()) count1(requests, REQUEST_NAMES.includes(name as never) ? name : 'other');
      const results = await Promise.all(batches.map((batch, i) => attackers[i]?.send(batch) ?? []));
      for (const outcome of results.flat()) count1(outcomes, outcome);
      const findings = attackers.flatMap((attacker) => attacker.findings);
      assert.equal(victim.exit, undefined, 'the server has ended');
      assert.deepEqual(findings, []);
      say(`${sent} messages`);
    }
  };
  await run(count * WARM_UP);
  await quiet(victim, attackers);
  const before = await victim.memory();
  const begun = performance.now();
  const sentBefore = sent;
  await run(count);
  const perSecond = (sent - sentBefore) / ((performance.now() - begun) / 1000);
  await quiet(victim, attackers);
  const after = await victim.memory();
  await bystanders.leave();
  assert.deepEqual(victim.faults, []);
  const latency = figures(bystanders.latencies);
  return { seed, messages: sent, perSecond, outcomes, requests, before, after, latency };
}

/** Until nothing is left of the attackers. */
async function quiet(victim: Victim, attackers: Attacker[]): Promise<void> {
  for (const attacker of attackers) attacker.close();
  await until('the attackers to be gone', async () => (await victim.metric('parley_connections')) === 2, 20_000);
  await until('their rooms to be gone', async () => (await victim.metric('parley_rooms')) === 1, 20_000).catch(
    async (cause: unknown) => {
      throw new Error(`rooms are left: ${JSON.stringify(await victim.rooms())}`, { cause });
    },
  );
}

/** So many messages, and between them joins that are right: whoever has left, or was thrown out, is back soon. */
function generate(seed: number, count: number): Message[] {
  return fc.sample(messages, { numRuns: count, seed }).map((message, i) => {
    if (i % JOIN_EVERY !== 0) return message;
    const roomId = ROOMS[(seed + i) % ROOMS.length];
    const input = { roomId, name: 'Eve', muted: false, deafened: false, joinId: `join ${seed} ${i}` };
    return { name: 'room:join', args: [input], wantsAnswer: true };
  });
}

function count1(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function figures(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1), count: sorted.length };
}
