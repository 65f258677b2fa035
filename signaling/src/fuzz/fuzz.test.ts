import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REQUEST_NAMES, REQUESTS } from '@parley/shared/protocol';
import fc from 'fast-check';
import * as v from 'valibot';
import { runCampaign } from './campaign.ts';
import { valuesOf } from './schema-arbitrary.ts';

const MESSAGES = 3_000;
const GROWTH_MAX_BYTES = 20 * 1024 * 1024;

test('values made from the schema of a request are what it takes, for every request there is', () => {
  for (const name of REQUEST_NAMES) {
    const { input } = REQUESTS[name];
    const values = fc.sample(valuesOf(input, new Set()), { numRuns: 100, seed: 1 });
    const taken = values.filter((value) => v.safeParse(input, value).success);
    assert.ok(taken.length >= 30, `${name}: ${taken.length} of 100`);
  }
});

test(`${MESSAGES} messages, right, nearly right and wrong, fell nothing, leave nothing, and nobody else notices`, async (t) => {
  const result = await runCampaign(MESSAGES, Math.floor(Math.random() * 2 ** 31));
  const { seed, outcomes, requests, before, after, latency } = result;
  t.diagnostic(`seed ${seed}; ${JSON.stringify(Object.fromEntries(outcomes))}`);
  for (const name of REQUEST_NAMES) assert.ok(requests.has(name), `${name} was not sent (seed ${seed})`);
  for (const code of ['ok', 'invalid_request', 'not_in_room', 'unknown_request']) {
    assert.ok(outcomes.has(code), `no answer was ${code} (seed ${seed})`);
  }
  const growth = after.heapBytes - before.heapBytes;
  assert.ok(growth < GROWTH_MAX_BYTES, `the heap grew by ${growth} bytes (seed ${seed})`);
  assert.ok(latency.count > 0, 'the bystanders have spoken');
});
