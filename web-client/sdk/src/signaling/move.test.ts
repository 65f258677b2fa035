import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { Server, type Socket } from 'socket.io';
import { Connection } from './connection.ts';

async function until(what: string, check: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!check()) {
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

type Answer = (request: string, socket: Socket) => object | Promise<object>;

/** A node that answers as it is told, and may refuse whoever comes. */
class FakeNode {
  readonly seen: string[] = [];
  readonly sockets: Socket[] = [];
  refusal: ParleyError | undefined;
  answer: Answer = () => ({ ok: true, data: {} });
  readonly #io: Server;
  readonly url: string;

  constructor(io: Server, port: number) {
    this.#io = io;
    this.url = `http://127.0.0.1:${port}`;
    io.use((_socket, next) => {
      const { refusal } = this;
      this.seen.push(refusal ? `refused ${refusal.code}` : 'connected');
      next(refusal && Object.assign(new Error(refusal.message), { data: refusal.toWire() }));
    });
    io.on('connection', (socket) => {
      this.sockets.push(socket);
      socket.on('disconnect', (reason) => this.seen.push(reason));
      socket.onAny(async (name: string, input: { roomId?: string }, ack: (answer: object) => void) => {
        this.seen.push(input.roomId ? `${name} ${input.roomId}` : name);
        ack(await this.answer(name, socket));
      });
    });
  }

  static async start(t: TestContext): Promise<FakeNode> {
    const http = createServer();
    const io = new Server(http, { transports: ['websocket'] });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const node = new FakeNode(io, (http.address() as AddressInfo).port);
    t.after(() => node.stop());
    return node;
  }

  get socket(): Socket {
    return this.sockets.at(-1) ?? assert.fail('nobody is connected');
  }

  say(name: string, event: object): void {
    this.socket.emit(name, event);
  }

  async stop(): Promise<void> {
    await this.#io.close();
  }
}

async function setUp(t: TestContext, rooms = ['lobby', 'attic']) {
  const [a, b] = [await FakeNode.start(t), await FakeNode.start(t)];
  const clock = new FakeClock();
  const happened: string[] = [];
  const connection: Connection = new Connection({
    url: [a.url, b.url],
    token: undefined,
    takeUpRooms: async (isTaken) => {
      await Promise.all(rooms.filter((room) => !isTaken(room)).map(resume));
    },
    log: silentLogger,
    clock,
    random: () => 0.5,
  });
  const resume = async (roomId: string) => {
    await connection.request('room:resume', {
      roomId,
      muted: false,
      deafened: false,
      resumeToken: 'r',
      topologyToken: 't',
    });
  };
  for (const event of ['lost', 'reconnected', 'moved', 'refused'] as const) {
    connection.on(event, () => happened.push(event));
  }
  connection.on('room:closed', ({ roomId, code }) => happened.push(`${roomId} closed: ${code}`));
  connection.on('room:event', ({ roomId, seq }) => happened.push(`${roomId} ${seq}`));
  t.after(() => connection.close());
  await connection.open();
  return { a, b, clock, connection, happened, rooms };
}

const move = (node: FakeNode) => node.say('session:move', { withinMs: 4_000 });
const closed = (roomId: string) => ({ roomId, code: 'conflict', message: 'Entered again.' });

/** The client has heard that it is to move, and waits. */
async function told({ clock }: { clock: FakeClock }): Promise<void> {
  await until('the wait for the move', () => clock.pending > 0);
}

test('asked to move, it waits a random time, is on the new node in every room, and then leaves the old one', async (t) => {
  const world = await setUp(t);
  const { a, b, clock, happened } = world;
  b.answer = (_name, socket) => {
    // The rooms are fenced on the old node, as the resume has it.
    for (const room of ['lobby', 'attic']) a.say('room:closed', closed(room));
    assert.ok(socket.connected && a.socket.connected, 'both are there');
    return { ok: true, data: {} };
  };
  move(a);
  await told(world);
  clock.advance(1_999);
  await settled();
  assert.deepEqual(b.seen, []);
  clock.advance(1);
  await until('the old node to be left', () => a.seen.includes('client namespace disconnect'));
  assert.deepEqual(b.seen, ['connected', 'room:resume lobby', 'room:resume attic']);
  assert.deepEqual(a.seen, ['connected', 'client namespace disconnect']);
  assert.deepEqual(happened, ['moved']);
  b.say('room:event', { roomId: 'lobby', seq: 4, event: { type: 'healed' } });
  await until('an event of the new node', () => happened.includes('lobby 4'));
});

test('told twice, it moves once', async (t) => {
  const world = await setUp(t);
  const { a, b, clock, happened } = world;
  move(a);
  await told(world);
  move(a);
  await settled();
  clock.advance(2_000);
  await until('the move', () => happened.includes('moved'));
  clock.advance(10_000);
  await settled();
  assert.equal(b.sockets.length, 1);
});

test('a room is asked about on the old node, then on neither, then on the new one; all else stays where it was', async (t) => {
  const world = await setUp(t, ['lobby']);
  const { a, b, clock, connection, happened } = world;
  let answer: (value: object) => void = () => {};
  b.answer = (name) =>
    name === 'room:resume'
      ? new Promise((resolve) => {
          answer = resolve;
        })
      : { ok: true, data: {} };
  move(a);
  await told(world);
  await connection.request('room:leave', { roomId: 'lobby' });
  clock.advance(2_000);
  await until('the resume', () => b.seen.includes('room:resume lobby'));
  const update = connection.request('self:update', { roomId: 'lobby', muted: true, deafened: false });
  const join = connection.request('room:join', {
    roomId: 'yard',
    name: 'Ann',
    muted: false,
    deafened: false,
    joinId: 'join-id-1',
  });
  await connection.request('presence:watch', {});
  await settled();
  assert.deepEqual(a.seen, ['connected', 'room:leave lobby', 'presence:watch']);
  a.say('room:closed', closed('lobby'));
  a.say('room:closed', closed('attic'));
  await until('news of another room', () => happened.length > 0);
  assert.deepEqual(happened, ['attic closed: conflict']);
  answer({ ok: true, data: {} });
  await Promise.all([update, join]);
  assert.deepEqual(new Set(b.seen), new Set(['connected', 'room:resume lobby', 'self:update lobby', 'room:join yard']));
  assert.deepEqual(a.seen.at(-1), 'client namespace disconnect');
});

test('the answers under way on the old node are waited for, and what they opened is taken along', async (t) => {
  const world = await setUp(t, []);
  const { a, b, clock, connection, rooms } = world;
  let answer: (value: object) => void = () => {};
  a.answer = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  move(a);
  await told(world);
  const join = connection
    .request('room:join', { roomId: 'yard', name: 'Ann', muted: false, deafened: false, joinId: 'join-id-1' })
    .then(() => rooms.push('yard'));
  await until('the join', () => a.seen.includes('room:join yard'));
  clock.advance(2_000);
  await until('the new node', () => b.seen.includes('connected'));
  await settled();
  assert.equal(a.socket.connected, true);
  answer({ ok: true, data: {} });
  await join;
  await until('the room to be taken along', () => b.seen.includes('room:resume yard'));
  await until('the old node to be left', () => a.seen.includes('client namespace disconnect'));
});

test('the old node may go before the rooms are taken up: nobody calls that lost', async (t) => {
  const world = await setUp(t, ['lobby']);
  const { a, b, clock, happened } = world;
  let answer: (value: object) => void = () => {};
  b.answer = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  move(a);
  await told(world);
  clock.advance(2_000);
  await until('the resume', () => b.seen.includes('room:resume lobby'));
  a.socket.conn.close();
  await until('the end', () => a.seen.length === 2);
  await settled();
  answer({ ok: true, data: {} });
  await until('the move', () => happened.length > 0);
  assert.deepEqual(happened, ['moved']);
  assert.equal(a.sockets.length, 1);
});

test('a node that would not have us is asked again, and nothing is lost meanwhile', async (t) => {
  const world = await setUp(t);
  const { a, b, clock, happened, connection } = world;
  b.refusal = new ParleyError('server_shutdown');
  a.refusal = new ParleyError('server_shutdown');
  move(a);
  await told(world);
  clock.advance(2_000);
  await until('a refusal', () => b.seen.length === 1);
  await connection.request('presence:watch', {});
  b.refusal = undefined;
  await until('the move', () => {
    clock.advance(100);
    return happened.length > 0;
  });
  assert.deepEqual(happened, ['moved']);
});

test('one that cannot move stays where it is, and reconnects when that ends', async (t) => {
  const world = await setUp(t);
  const { a, b, clock, happened, connection } = world;
  await b.stop();
  a.refusal = new ParleyError('server_shutdown');
  move(a);
  await told(world);
  for (let i = 0; i < 60; i++) {
    clock.advance(500);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(happened.length, 0);
  assert.equal(connection.connected, true);
  a.refusal = undefined;
  a.socket.conn.close();
  await until('the reconnect', () => {
    clock.advance(100);
    return happened.includes('reconnected');
  });
  assert.deepEqual(happened, ['lost', 'reconnected']);
});

test('a move that fails half-way becomes an ordinary reconnect', async (t) => {
  const world = await setUp(t, ['lobby']);
  const { a, b, clock, happened } = world;
  b.answer = () => ({ ok: false, error: new ParleyError('store_unavailable').toWire() });
  move(a);
  await told(world);
  clock.advance(2_000);
  await until('the reconnect', () => {
    clock.advance(100);
    return happened.includes('reconnected');
  });
  assert.deepEqual(happened, ['lost', 'reconnected']);
  await until('the old node to be left', () => a.seen.includes('client namespace disconnect'));
  assert.equal(b.socket.connected, true);
});

test('closed in the middle of it, both sockets go', async (t) => {
  const world = await setUp(t, ['lobby']);
  const { a, b, clock, connection, happened } = world;
  b.answer = () => new Promise(() => {});
  move(a);
  await told(world);
  clock.advance(2_000);
  await until('the resume', () => b.seen.includes('room:resume lobby'));
  connection.close();
  await until('both to be left', () => [a, b].every(({ seen }) => seen.includes('client namespace disconnect')));
  assert.deepEqual(happened, []);
});

test('of several addresses the next is tried when one does not answer', async (t) => {
  const [a, b] = [await FakeNode.start(t), await FakeNode.start(t)];
  await a.stop();
  const connection = new Connection({ url: [a.url, b.url], token: undefined, log: silentLogger });
  t.after(() => connection.close());
  await connection.open();
  assert.deepEqual(b.seen, ['connected']);
});
