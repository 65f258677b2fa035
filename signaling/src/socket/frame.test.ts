// What frame.ts does beside Socket.IO rests on the insides of the installed version: here is what it counts on.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { ServerEvent } from '@parley/shared/protocol';
import { Server, type Socket } from 'socket.io';
import { io } from 'socket.io-client';
import { until } from '../testing/until.ts';
import { frameOf, sendFrame } from './frame.ts';

interface Insides {
  writeBuffer: unknown[];
  transport: { socket: { _socket: TcpSocket } };
}

async function pair(t: TestContext) {
  const http = createServer();
  const server = new Server(http, { transports: ['websocket'], perMessageDeflate: false, serveClient: false });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const client = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { transports: ['websocket'] });
  t.after(async () => {
    client.disconnect();
    await server.close();
  });
  const [socket] = (await once(server, 'connection')) as [Socket];
  const engine = socket.conn as unknown as Insides;
  const heard: unknown[] = [];
  client.on('room:closed', (event) => heard.push(event));
  return { socket, client, engine, tcp: engine.transport.socket._socket, heard };
}

const closed = (message: string): ServerEvent<'room:closed'> => ({ roomId: 'lobby 👋', code: 'conflict', message });

test('a frame arrives as an event that Socket.IO would have sent, whatever its size', async (t) => {
  const { socket, heard } = await pair(t);
  // The lengths around which the header of a frame grows, and beyond.
  const sizes = [0, 20, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 60, 65_300, ...range(65_440, 65_480), 200_000];
  const events = sizes.map((size) => closed('ä'.repeat(size % 2) + 'x'.repeat(size)));
  for (const event of events) sendFrame(socket, frameOf('room:closed', event));
  await until('all frames', () => heard.length === events.length);
  assert.deepEqual(heard, events);
});

test('frames go straight to the network while nothing waits there, and keep their place among other messages', async (t) => {
  const { socket, heard, engine, tcp } = await pair(t);
  const write = t.mock.method(tcp, 'write');
  await until('the handshake to be out', () => engine.writeBuffer.length === 0 && tcp.writableLength === 0);
  const before = write.mock.callCount();
  sendFrame(socket, frameOf('room:closed', closed('0')));
  assert.equal(write.mock.callCount(), before + 1);
  for (let i = 1; i < 100; i++) {
    if (i % 3 === 0) socket.emit('room:closed', closed(String(i)));
    else sendFrame(socket, frameOf('room:closed', closed(String(i))));
  }
  await until('all of them', () => heard.length === 100);
  assert.deepEqual(
    heard,
    [...Array(100).keys()].map((i) => closed(String(i))),
  );
});

test('what a slow client does not take waits in Engine.IO’s queue, in order, and arrives when it reads again', async (t) => {
  const { socket, client, heard, engine, tcp } = await pair(t);
  const { _socket: reading } = (client.io.engine.transport as unknown as { ws: { _socket: TcpSocket } }).ws;
  reading.pause();
  const text = 'x'.repeat(100_000);
  let sent = 0;
  await until('the network to be full', () => {
    for (let i = 0; i < 20; i++) sendFrame(socket, frameOf('room:closed', closed(`${sent++} ${text}`)));
    return engine.writeBuffer.length > 50;
  });
  assert.ok(tcp.writableLength < 500_000, `${tcp.writableLength} bytes wait outside the queue`);
  reading.resume();
  await until('all of them', () => heard.length === sent);
  assert.deepEqual(
    heard.map((event) => Number.parseInt((event as ServerEvent<'room:closed'>).message, 10)),
    [...Array(sent).keys()],
  );
});

test('a frame for a connection that has closed goes nowhere', async (t) => {
  const { socket, client } = await pair(t);
  client.disconnect();
  await once(socket, 'disconnect');
  sendFrame(socket, frameOf('room:closed', closed('too late')));
  socket.conn.close();
  sendFrame(socket, frameOf('room:closed', closed('too late')));
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
