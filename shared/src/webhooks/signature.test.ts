import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { signWebhook, verifyWebhook, WebhookVerificationError } from './signature.ts';

const NOW = 1_800_000_000_999;
const SECRET = 'a webhook secret of the tests';
const event = {
  id: 'abc.1',
  type: 'roomEnded',
  roomId: 'lobby',
  incarnation: 'abc',
  seq: 1,
  at: NOW,
  data: { reason: 'empty' },
} as const;
const body = JSON.stringify(event);
const good = { body, signature: signWebhook(body, SECRET, NOW), secret: SECRET, now: NOW };

test('a signature is HMAC-SHA256 over the time in seconds and the body', () => {
  const proof = createHmac('sha256', SECRET).update(`1800000000.${body}`).digest('hex');
  assert.equal(good.signature, `t=1800000000,v1=${proof}`);
});

test('what was signed is believed, as text and as bytes, and with either of two secrets', () => {
  assert.deepEqual(verifyWebhook(good), event);
  assert.deepEqual(verifyWebhook({ ...good, body: new TextEncoder().encode(body) }), event);
  assert.deepEqual(verifyWebhook({ ...good, secret: ['the new one', SECRET] }), event);
});

test('nothing else is', () => {
  const { signature } = good;
  const bad = [
    { body: body.replace('lobby', 'other') },
    { secret: 'another secret' },
    { secret: [] },
    { signature: null },
    { signature: '' },
    { signature: 't=1800000000' },
    { signature: signature.toUpperCase() },
    { signature: signature.replace('t=1800000000', 't=1800000001') },
    { signature: `${signature},v1=${'0'.repeat(64)}` },
    { signature: signature.slice(0, -1) },
    { now: NOW + 301_000 },
    { now: NOW - 301_000 },
  ];
  for (const change of bad) {
    assert.throws(() => verifyWebhook({ ...good, ...change }), WebhookVerificationError, JSON.stringify(change));
  }
  assert.deepEqual(verifyWebhook({ ...good, now: NOW + 301_000, toleranceMs: 400_000 }), event);
});

test('what is signed but no event of ours is refused as well', () => {
  for (const odd of ['', '{}', JSON.stringify({ ...event, type: 'moonRise' }), JSON.stringify({ ...event, seq: 0 })]) {
    const signature = signWebhook(odd, SECRET, NOW);
    assert.throws(() => verifyWebhook({ ...good, body: odd, signature }), WebhookVerificationError);
  }
});
