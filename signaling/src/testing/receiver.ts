import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { verifyWebhook, type WebhookEvent } from '@parley/shared/webhooks';

export const WEBHOOK_SECRET = 'a webhook secret for the tests';

/** What the receiver does with a request. */
export type Manner = 'accept' | 'fail' | 'hang' | 'redirect' | 'cut';

/** An integrator's server. Every webhook it gets must be signed as it should. */
export class Receiver {
  /** Accepted, as they came. */
  readonly events: WebhookEvent[] = [];
  /** Requests, whatever became of them. */
  attempts = 0;
  /** Requests under way, and the most there ever were at once. */
  open = 0;
  openMax = 0;
  /** How a request is met. */
  manner: (event: WebhookEvent) => Manner = () => 'accept';
  /** ms since the epoch, for the signature. */
  now: () => number = Date.now;
  /** Where redirects lead. */
  elsewhere = '';
  #server: Server | undefined;
  #port = 0;

  static async start(t: TestContext): Promise<Receiver> {
    const receiver = new Receiver();
    await receiver.start();
    t.after(() => receiver.stop());
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hooks`;
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => void this.#meet(request, response));
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Nobody listens any more; open requests are cut. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  /** Accepted events of one room, once each. */
  of(roomId: string): WebhookEvent[] {
    const seen = new Set<string>();
    return this.events.filter((event) => {
      const isNew = event.roomId === roomId && !seen.has(event.id);
      seen.add(event.id);
      return isNew;
    });
  }

  /** The room's accepted events are numbered from 1 without a gap, and came in that order. */
  assertInOrder(roomId: string): void {
    const numbers = this.of(roomId).map(({ seq }) => seq);
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => i + 1),
    );
  }

  async #meet(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.attempts++;
    this.open++;
    this.openMax = Math.max(this.openMax, this.open);
    response.on('close', () => {
      this.open--;
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const signature = String(request.headers['parley-signature']);
    const event = verifyWebhook({ body, signature, secret: WEBHOOK_SECRET, now: this.now() });
    switch (this.manner(event)) {
      case 'accept':
        this.events.push(event);
        response.writeHead(204).end();
        return;
      case 'fail':
        response.writeHead(500).end('something is wrong here');
        return;
      case 'redirect':
        response.writeHead(307, { Location: this.elsewhere }).end();
        return;
      case 'cut':
        response.destroy();
        return;
      case 'hang':
        return;
    }
  }
}
