import { list, whole } from '@parley/shared/runtime/environment';
import { secret } from '@parley/shared/runtime/secrets';
import * as v from 'valibot';

export const webhookSettings = {
  /** Servers that are told what happens in rooms, each of them everything. */
  WEBHOOK_URL: v.optional(list('WEBHOOK_URL', isReceiver, 'http(s) URLs without a user or a password'), ''),
  /** Signs what they are told. */
  WEBHOOK_SECRET: v.optional(v.pipe(v.string(), v.maxLength(1024), secret())),
  /** A receiver that has not answered by then is asked again later. */
  WEBHOOK_DEADLINE_MS: v.optional(whole('WEBHOOK_DEADLINE_MS', 100, 25_000, 'milliseconds'), '5000'),
  /** Deliveries under way at once, to one receiver from this node. */
  WEBHOOK_CONCURRENCY: v.optional(whole('WEBHOOK_CONCURRENCY', 1, 1_000, 'deliveries'), '64'),
  /** Events that wait for a receiver, in all; beyond it the oldest are lost, and the log says so. */
  WEBHOOK_QUEUE_MAX: v.optional(whole('WEBHOOK_QUEUE_MAX', 100, 10_000_000, 'events'), '200000'),
  /** The same for one room. */
  WEBHOOK_ROOM_QUEUE_MAX: v.optional(whole('WEBHOOK_ROOM_QUEUE_MAX', 10, 1_000_000, 'events'), '20000'),
};

export type WebhookSettings = Readonly<{
  urls: readonly string[];
  secret: string;
  deadlineMs: number;
  concurrency: number;
  queueMax: number;
  roomQueueMax: number;
}>;

/** @param read the settings above, read */
export function webhooksOf(read: {
  WEBHOOK_URL: readonly string[];
  WEBHOOK_SECRET?: string | undefined;
  WEBHOOK_DEADLINE_MS: number;
  WEBHOOK_CONCURRENCY: number;
  WEBHOOK_QUEUE_MAX: number;
  WEBHOOK_ROOM_QUEUE_MAX: number;
}): WebhookSettings {
  return Object.freeze({
    urls: Object.freeze([...new Set(read.WEBHOOK_URL)]),
    secret: read.WEBHOOK_SECRET ?? '',
    deadlineMs: read.WEBHOOK_DEADLINE_MS,
    concurrency: read.WEBHOOK_CONCURRENCY,
    queueMax: read.WEBHOOK_QUEUE_MAX,
    roomQueueMax: read.WEBHOOK_ROOM_QUEUE_MAX,
  });
}

function isReceiver(item: string): boolean {
  if (!URL.canParse(item)) return false;
  const { protocol, username, password } = new URL(item);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}
