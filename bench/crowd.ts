/** A process full of clients, told by its parent what to do (see crowd-orders.ts). */
import type { Client, ClientOptions } from './crowd-client.ts';
import { now, type Order, type Report } from './crowd-orders.ts';
import { SocketIoClient, WsClient } from './library-client.ts';
import { LightClient } from './light-client.ts';

/** Handshakes and requests under way at once. */
const AT_ONCE = 100;
/** A client address has some 28,000 ports to one server; each of ours takes far fewer. */
const CLIENTS_PER_ADDRESS = 2_000;

const clients: Client[] = [];
/** What everyone waits to hear, and who has. */
let marker = '';
let round = 0;
const heardIn: number[] = [];
let heard = 0;

process.on('disconnect', () => process.exit(0));
process.on('message', (order: Order) => {
  obey(order).catch((error: unknown) => fail(String(error)));
});

function report(what: Report): void {
  process.send?.(what);
}

function fail(message: string): void {
  report({ report: 'failed', message });
}

async function obey(order: Order): Promise<void> {
  switch (order.order) {
    case 'connect':
      await forEachOf(order.count, (index) => connect(index, order));
      report({ report: 'connected' });
      return;
    case 'join': {
      const beganAt = now();
      await forEachOf(clients.length, (index) => join(index, order.from + index, order.size));
      report({ report: 'joined', beganAt, endedAt: now() });
      return;
    }
    case 'listen':
      marker = order.marker;
      round += 1;
      heard = 0;
      report({ report: 'listening' });
      return;
  }
}

function connect(index: number, { port, kind, speaks }: Extract<Order, { order: 'connect' }>): Promise<void> {
  const options: ClientOptions = {
    port,
    localAddress: `127.0.0.${1 + Math.floor(index / CLIENTS_PER_ADDRESS)}`,
    speaks,
    onEvent: (text) => hear(index, text),
    onEnd: (error) => fail(`client ${index}: ${error.message}`),
  };
  const Library = speaks === 'socket.io' ? SocketIoClient : WsClient;
  const client = kind === 'light' ? new LightClient(options) : new Library(options);
  clients[index] = client;
  heardIn[index] = 0;
  return client.opened;
}

async function join(index: number, place: number, size: number): Promise<void> {
  await clients[index]?.ask('room:join', {
    roomId: `room ${Math.floor(place / size)}`,
    name: `Person ${place}`,
    joinId: `join of person ${place}`,
    muted: false,
    deafened: false,
  });
}

function hear(index: number, text: string): void {
  if (marker === '' || !text.includes(marker)) return;
  if (heardIn[index] === round) return fail(`client ${index} heard "${marker}" twice`);
  heardIn[index] = round;
  heard += 1;
  if (heard === clients.length) report({ report: 'heard', lastAt: now() });
}

/** Does the work for 0 to count - 1, some at once. */
async function forEachOf(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
