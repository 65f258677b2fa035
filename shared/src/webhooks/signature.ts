import { createHmac, timingSafeEqual } from 'node:crypto';
import { parseWebhookEvent, type WebhookEvent } from './event.ts';

/** The header that proves who sent a webhook: `t=<seconds since the epoch>,v1=<HMAC-SHA256 of "<t>.<body>", hex>`. */
export const SIGNATURE_HEADER = 'Parley-Signature';

const TOLERANCE_MS = 300_000;

/** @param now ms since the epoch */
export function signWebhook(body: string, secret: string, now: number): string {
  const seconds = Math.floor(now / 1000);
  return `t=${seconds},v1=${mac(body, secret, String(seconds)).toString('hex')}`;
}

export interface VerifyWebhookOptions {
  /** The body as it came, byte for byte: parse nothing before. */
  body: string | Uint8Array;
  /** The header `Parley-Signature`. */
  signature: string | null | undefined;
  /** The `WEBHOOK_SECRET` of the server, or several while you change it. */
  secret: string | readonly string[];
  /** How far the sender's clock and this one may be apart, in ms. Default 5 minutes. */
  toleranceMs?: number;
  /** ms since the epoch. Default: now. */
  now?: number;
}

/** Why a webhook is not to be believed. */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';
}

/**
 * Makes sure that a webhook is from your Parley, and not an old one said again.
 * @returns the event
 * @throws {WebhookVerificationError} answer 400, and do nothing
 */
export function verifyWebhook(options: VerifyWebhookOptions): WebhookEvent {
  const { signature, secret, toleranceMs = TOLERANCE_MS, now = Date.now() } = options;
  const body = typeof options.body === 'string' ? options.body : Buffer.from(options.body).toString();
  const [, time = '', given = ''] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(signature ?? '') ?? [];
  if (given === '') throw new WebhookVerificationError('The signature is missing or not well-formed.');
  const proof = Buffer.from(given, 'hex');
  const isOurs = [secret].flat().some((one) => timingSafeEqual(mac(body, one, time), proof));
  if (!isOurs) throw new WebhookVerificationError('The signature does not fit.');
  if (Math.abs(now - Number(time) * 1000) > toleranceMs) throw new WebhookVerificationError('The webhook is too old.');
  try {
    return parseWebhookEvent(JSON.parse(body));
  } catch (cause) {
    throw new WebhookVerificationError('The event is not one of this version.', { cause });
  }
}

function mac(body: string, secret: string, time: string): Buffer {
  return createHmac('sha256', secret).update(`${time}.${body}`).digest();
}
