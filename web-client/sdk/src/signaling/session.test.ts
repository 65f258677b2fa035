import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { silentLogger } from '@parley/shared/runtime';
import { Server, type Socket } from 'socket.io';
import type { TokenSource } from '../types.ts';
import { Connection } from './connection.ts';

const grants = { join: true, speak: true, listen: true, moderate: false };
const welcome = { userId: 'guest:a', name: null, grants, expiresAt: null, session: 'the session' };

async function until(what: string, check: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!check()) {
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A server that welcomes whoever comes, and keeps what they show and ask. */
async function setUp(t: TestContext, token?: TokenSource) {
  const http = createServer();
  const io = new Server(http, { transports: ['websocket'] });
  const shown: Record<string, unknown>[] = [];
  const refreshed: string[] = [];
  const sockets: Socket[] = [];
  io.on('connection', (socket) => {
    shown.push(socket.handshake.auth);
    sockets.push(socket);
    socket.on('session:refresh', (input: { token: string }, ack: (answer: unknown) => void) => {
      refreshed.push(input.token);
      ack({ ok: true, data: { name: 'Ann', grants, expiresAt: Date.now() + 60_000 } });
    });
    socket.emit('session:welcome', welcome);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const connection = new Connection({ url: `http://127.0.0.1:${port}`, token, log: silentLogger });
  const heard: string[] = [];
  connection.on('session:welcome', ({ userId }) => heard.push(`welcome ${userId}`));
  connection.on('reconnected', () => heard.push('reconnected'));
  connection.on('refused', ({ code }) => heard.push(`refused ${code}`));
  connection.on('tokenExpiring', (at) => heard.push(`expiring ${at}`));
  connection.on('renewed', ({ name }) => heard.push(`renewed ${name}`));
  t.after(async () => {
    connection.close();
    await io.close();
  });
  return { connection, shown, refreshed, sockets, heard, drop: () => sockets.at(-1)?.conn.close() };
}

test('a guest who reconnects shows what makes them the same, and a client that it is the same', async (t) => {
  const { connection, shown, heard, drop } = await setUp(t);
  await connection.open();
  await until('the welcome', () => heard.length === 1);
  drop();
  await until('the reconnect', () => shown.length === 2);
  const [first, second] = shown;
  assert.deepEqual([first?.session, second?.session], [undefined, 'the session']);
  assert.equal(first?.instance, second?.instance);
});

test('a token function is asked at every connect and before the token ends', async (t) => {
  let count = 0;
  const { connection, shown, refreshed, sockets, heard, drop } = await setUp(t, async () => `token ${++count}`);
  await connection.open();
  sockets[0]?.emit('session:expiring', { expiresAt: Date.now() + 60_000 });
  await until('the renewal', () => heard.includes('renewed Ann'));
  assert.deepEqual(refreshed, ['token 2']);
  drop();
  await until('the reconnect', () => shown.length === 2);
  assert.deepEqual(
    shown.map((auth) => auth.token),
    ['token 1', 'token 3'],
  );
});

test('of a token that is a string the end is told; another one goes on', async (t) => {
  const { connection, refreshed, sockets, heard } = await setUp(t, 'one');
  await connection.open();
  sockets[0]?.emit('session:expiring', { expiresAt: 1_700_000_000_000 });
  await until('the word', () => heard.includes('expiring 1700000000000'));
  assert.deepEqual(refreshed, []);
  await connection.setToken('two');
  assert.deepEqual(refreshed, ['two']);
});

test('a session that the server has ended is over: no reconnect, nothing more to ask', async (t) => {
  const { connection, shown, sockets, heard } = await setUp(t);
  await connection.open();
  sockets[0]?.emit('session:closed', { code: 'replaced', message: 'Elsewhere.' });
  sockets[0]?.disconnect(true);
  await until('the end', () => heard.includes('refused replaced'));
  await assert.rejects(connection.open(), { code: 'replaced' });
  await assert.rejects(connection.request('room:leave', { roomId: 'lobby' }), { code: 'connection_lost' });
  assert.equal(shown.length, 1);
  assert.ok(!heard.includes('reconnected'));
});

test('no token, no connection: the join is told, and may be tried again', async (t) => {
  let isAway = true;
  const { connection, shown } = await setUp(t, async () => {
    if (isAway) throw new Error('the backend is away');
    return 'token';
  });
  await assert.rejects(connection.open(), (error) => error instanceof ParleyError && error.code === 'unauthorized');
  assert.equal(shown.length, 0);
  isAway = false;
  await connection.open();
  assert.equal(shown[0]?.token, 'token');
});
