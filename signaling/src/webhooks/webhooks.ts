import { createHash } from 'node:crypto';
import type { Clock, Logger } from '@parley/shared/runtime';
import type { WebhookMetrics } from '../metrics/webhooks.ts';
import type { NumberedHook } from '../rooms/index.ts';
import type { Outbox, OutboxEntry, OutboxLimits } from '../store/outbox.ts';
import type { WebhookSettings } from './configuration.ts';
import { Courier } from './courier.ts';
import { messageOf } from './message.ts';
import { type Attempt, post } from './post.ts';

export interface WebhooksOptions {
  settings: WebhookSettings;
  outbox: Outbox;
  clock: Clock;
  random: () => number;
  logger: Logger;
  metrics: WebhookMetrics;
}

/** Tells the integrator's servers what happens in rooms. Without a receiver it keeps and tells nothing. */
export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #couriers: Courier[];
  readonly #closing = new AbortController();

  constructor(options: WebhooksOptions) {
    const { settings, outbox, metrics, logger } = options;
    this.#options = options;
    this.#couriers = settings.urls.map((url) => this.#courierTo(url));
    if (!this.isOn) return;
    metrics.backlog = () => outbox.backlog();
    outbox.events.on('pending', (roomId) => {
      for (const courier of this.#couriers) courier.wake(roomId);
    });
    outbox.events.on('dropped', (roomId, count) => {
      for (let i = 0; i < count; i++) metrics.attempted('dropped');
      logger.error('webhooks lost: too many wait', { roomId, count });
    });
  }

  get isOn(): boolean {
    return this.#couriers.length > 0;
  }

  /** A room is about to say something. */
  async expect(roomId: string): Promise<void> {
    if (this.isOn) await this.#options.outbox.expect(roomId);
  }

  /** What is to be kept with the room. */
  messagesOf(roomId: string, hooks: readonly NumberedHook[]): string[] {
    return this.isOn ? hooks.map((hook) => messageOf(roomId, hook)) : [];
  }

  /** Those messages, once the room is stored. */
  add(roomId: string, messages: readonly string[]): void {
    if (this.isOn && messages.length > 0) this.#options.outbox.add(roomId, messages);
  }

  async close(): Promise<void> {
    for (const courier of this.#couriers) courier.close();
    this.#closing.abort();
    const { outbox, logger } = this.#options;
    const count = outbox.isShared ? 0 : await outbox.backlog();
    if (count) logger.error('webhooks lost: the node stops and keeps them in memory only', { count });
    outbox.close();
  }

  #courierTo(url: string): Courier {
    const { settings, outbox, clock, random, logger } = this.#options;
    const { secret, deadlineMs, concurrency } = settings;
    const { signal } = this.#closing;
    return new Courier({
      receiver: nameOf(url),
      outbox,
      attempt: (text) => post(text, { url, secret, deadlineMs, clock, signal }),
      concurrency,
      clock,
      random,
      // The path may hold a secret of the receiver's.
      logger: logger.child({ receiver: new URL(url).origin }),
      onAttempt: (attempt, entry) => this.#count(attempt, entry),
    });
  }

  #count({ result }: Attempt, { text }: OutboxEntry): void {
    const { metrics, clock } = this.#options;
    if (result !== 'delivered') return metrics.attempted(result);
    const { at } = JSON.parse(text) as { at: number };
    metrics.delivered(Math.max(0, clock.now() - at));
  }
}

/** What an outbox for these receivers has to know. */
export function outboxLimitsOf({ urls, queueMax: max, roomQueueMax: maxPerRoom }: WebhookSettings): OutboxLimits {
  return { receivers: urls.map(nameOf), max, maxPerRoom };
}

/** The name of a receiver: the same at every node, and no secret. */
function nameOf(url: string): string {
  return createHash('sha256').update(url).digest('base64url').slice(0, 16);
}
