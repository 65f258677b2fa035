/** A process full of listeners: they connect, then count what they hear. Told what to do by listener-process.ts. */
import { now } from '../crowd-orders.ts';
import { createLocal, type Local, MediaClient, type Remote } from './media-client.ts';
import type { Heard, Order, Report } from './orders.ts';
import { latencyByHeader, latencyByPayload } from './speaker.ts';

const AT_ONCE = 8;
/** Latencies are counted in steps of 0.05 ms, up to 5 s. */
const STEP_MS = 0.05;
const STEPS = 100_000;

const counts = new Uint32Array(STEPS);
let packets = 0;
let locals: Local[] = [];
const clients = new Set<MediaClient>();

/** RTCP (RFC 5761) comes the same way. */
const isRtcp = (packet: Buffer): boolean => ((packet[1] as number) & 0x60) === 0x40;

function count(latencyMs: number): void {
  packets += 1;
  const at = Math.min(STEPS - 1, Math.max(0, Math.round(latencyMs / STEP_MS)));
  counts[at] = (counts[at] as number) + 1;
}

async function connect(local: Local, remote: Remote, decrypts: boolean): Promise<void> {
  const client: MediaClient = await MediaClient.connect(local, remote, (packet) => {
    const at = now();
    if (isRtcp(packet)) return;
    if (!decrypts) count(latencyByHeader(packet, at));
    // The first may come before the client is here.
    else if (clients.has(client)) count(latencyByPayload(client.decrypt(packet), at));
  });
  clients.add(client);
}

function percentile(share: number): number {
  let left = Math.ceil(share * packets);
  for (let step = 0; step < STEPS; step += 1) {
    left -= counts[step] as number;
    if (left <= 0) return step * STEP_MS;
  }
  return Number.NaN;
}

const heard = (): Heard => ({ packets, latencyP50: percentile(0.5), latencyP99: percentile(0.99) });

async function obey(order: Order): Promise<Report> {
  switch (order.order) {
    case 'prepare':
      locals = await Promise.all(Array.from({ length: order.count }, createLocal));
      return { report: 'prepared', locals };
    case 'connect': {
      const waiting = order.remotes.map((remote, index) => ({ remote, local: locals[index] as Local }));
      const lane = async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          await connect(next.local, next.remote, order.decrypts);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
      return { report: 'connected' };
    }
    case 'reset':
      counts.fill(0);
      packets = 0;
      return { report: 'reset' };
    case 'read':
      return { report: 'read', heard: heard() };
  }
}

process.on('message', (order: Order) => {
  obey(order).then(
    (report) => process.send?.(report),
    (error: unknown) => process.send?.({ report: 'failed', message: String(error) } satisfies Report),
  );
});
process.on('disconnect', () => process.exit(0));
