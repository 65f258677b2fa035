import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ServerEvent } from '@parley/shared/protocol';
import fc from 'fast-check';
import { sfuPathsOf } from '../rooms/index.ts';
import { replay, type View } from '../rooms/testing/replay.ts';
import { FakeSfu } from '../sfu/sfu.fake.ts';
import { TestClient } from '../testing/client.ts';
import { rtpParameters } from '../testing/media.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

/*
 * People do things at random, many at once, through real sockets: whatever happens, the events each of them gets have
 * no gap, and add up to the room the server has. SFUs die, drain, lose peers and turn to slots meanwhile, and the server is
 * restarted.
 */

const PEOPLE = 6;
const action = fc.tuple(
  fc.nat({ max: PEOPLE - 1 }),
  fc.oneof(
    { weight: 8, arbitrary: fc.constant('come' as const) },
    { weight: 2, arbitrary: fc.constant('leave' as const) },
    { weight: 2, arbitrary: fc.constant('drop' as const) },
    { weight: 4, arbitrary: fc.constant('talk' as const) },
    { weight: 2, arbitrary: fc.constant('ready' as const) },
    { weight: 4, arbitrary: fc.constant('allReady' as const) },
    { weight: 2, arbitrary: fc.constant('mute' as const) },
    { weight: 1, arbitrary: fc.constant('sfuDies' as const) },
    { weight: 2, arbitrary: fc.constant('sfuDrains' as const) },
    { weight: 1, arbitrary: fc.constant('peerIsLost' as const) },
    { weight: 1, arbitrary: fc.constant('slots' as const) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  ),
  /** Whether the next action waits for this one. */
  fc.boolean(),
);

class Scene {
  readonly t: TestContext;
  readonly sfu = new FakeSfu('sfu-1', 'sfu-2');
  server: TestServer;
  /** Who is in the room, or was when their connection dropped. */
  readonly people: (TestClient | undefined)[] = Array.from({ length: PEOPLE });

  #restarts = 0;
  #sfus = 2;

  constructor(t: TestContext, server: TestServer) {
    this.t = t;
    this.server = server;
  }

  static async begin(t: TestContext): Promise<Scene> {
    const scene = new Scene(t, undefined as never);
    await scene.startServer();
    return scene;
  }

  async startServer(): Promise<void> {
    const quick = { SFU_RETRY_MS: '100', SFU_LEAVE_WITHIN_MS: '5' };
    const env = {
      ...quick,
      MESH_MAX_PEERS: '3',
      MESH_RETURN_PEERS: '2',
      MESH_RETURN_AFTER_MS: '5',
      HANDOVER_BACKOFF_MS: '5',
    };
    this.server = await TestServer.start(this.t, { sfu: this.sfu, env });
  }

  async act(index: number, what: (typeof action extends fc.Arbitrary<infer A> ? A : never)[1]): Promise<void> {
    const person = this.people[index];
    if (what === 'restart') return this.#restart();
    const [sfuRoomId = ''] = [...this.sfu.rooms.keys()];
    if (what === 'sfuDies') return this.sfu.killRoom(sfuRoomId);
    if (what === 'sfuDrains') return this.#drain(sfuRoomId);
    if (what === 'slots' && sfuRoomId) this.sfu.setSlots(sfuRoomId, index % 3);
    if (what === 'peerIsLost' && sfuRoomId) this.sfu.killPeers(sfuRoomId, person?.joined ? [person.id] : []);
    if (what === 'come') return this.#come(index);
    if (what === 'allReady') return this.#everyoneIsReady();
    if (!person?.socket.connected) return;
    const roomId = 'lobby';
    switch (what) {
      case 'leave':
        this.people[index] = undefined;
        await ignored(person.ask('room:leave', { roomId }));
        return;
      case 'drop':
        person.cut();
        return until('the client to notice', () => !person.socket.connected);
      case 'mute':
        await ignored(person.ask('self:update', { roomId, muted: index % 2 === 0, deafened: false }));
        return;
      case 'ready':
        return this.#ready(person);
      case 'talk': {
        const { active, next } = viewOf(person).topology;
        const path = { roomId, epoch: (next ?? active).epoch };
        const opened = await ignored(person.ask('sfu:open', path));
        if (!opened?.ok) return;
        const { send } = opened.data as { send: { id: string } };
        await ignored(person.ask('sfu:produce', { ...path, transportId: send.id, rtpParameters, paused: false }));
        return;
      }
    }
  }

  async #ready(person: TestClient): Promise<void> {
    await ignored(person.ask('room:ready', { roomId: 'lobby', epoch: viewOf(person).topology.epoch }));
  }

  async #everyoneIsReady(): Promise<void> {
    const present = this.people.filter((it) => it?.socket.connected && it.joined) as TestClient[];
    await Promise.all(present.map((person) => this.#ready(person)));
  }

  /** The node that has the SFU room goes, and another one comes in its place. */
  #drain(sfuRoomId: string): void {
    const { nodeId } = this.sfu.rooms.get(sfuRoomId) ?? {};
    if (nodeId === undefined) return;
    this.sfu.drain(nodeId);
    this.sfu.addNode(`sfu-${++this.#sfus}`);
  }

  async #come(index: number): Promise<void> {
    const before = this.people[index];
    if (before?.socket.connected) return;
    const client = new TestClient(this.server.url);
    this.t.after(() => client.close());
    this.people[index] = client;
    const came = ignored(client.connected().then(() => (before?.joined ? client.resume(before) : join(client, index))));
    if (await came) return;
    client.close();
    if (this.people[index] === client) this.people[index] = undefined;
  }

  async #restart(): Promise<void> {
    this.#restarts++;
    await this.server.close();
    await until('everyone to notice', () => this.people.every((person) => !person?.socket.connected));
    await this.startServer();
  }

  /** Everyone who is connected sees the room as it is. */
  async check(): Promise<void> {
    const present = this.people.filter((it) => it?.socket.connected && it.joined) as TestClient[];
    for (const person of present) {
      await until(`${person.name} to see the room as it is`, async () => {
        const snapshot = await ignored(person.snapshot());
        // A connection that a server took while it went down is noticed only now.
        if (!snapshot) return !person.socket.connected;
        const { topologyToken: _, ...truth } = snapshot;
        const seen = viewOf(person);
        if (seen.seq < truth.seq) return false;
        if (seen.seq === truth.seq) assert.deepEqual({ ...seen, healing: truth.healing }, truth);
        return seen.seq === truth.seq;
      });
    }
    // What a restarted server does not take over is left to the SFU's lease.
    if (this.#restarts > 0) return;
    await until('no SFU room to be there but the room’s own', async () => {
      const room = await this.server.store.read('lobby');
      return this.sfu.counts().rooms === (room ? sfuPathsOf(room).length : 0);
    });
  }
}

function join(client: TestClient, index: number): Promise<unknown> {
  return client.join('lobby', `Person ${index}`);
}

/** The room as the events tell it, from the snapshot the person got when they came. */
function viewOf({ joined, events }: TestClient): View {
  assert.ok(joined);
  const { topologyToken: _, ...start } = joined.snapshot;
  return events.reduce<View>((view, { seq, event }: ServerEvent<'room:event'>) => {
    if (seq <= view.seq) return view;
    assert.equal(seq, view.seq + 1, 'no gap');
    return replay(view, { seq, event: { sfu: null, nextSfu: null, ...event } as never });
  }, start);
}

/** What a request comes to does not matter here, nor whether its connection survives it. */
function ignored<T>(asking: Promise<T>): Promise<T | undefined> {
  return asking.catch(() => undefined);
}

test('whatever people do at once, everyone sees the room as it is', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 60, maxLength: 60 }), async (actions) => {
      const scene = await Scene.begin(t);
      let pending: Promise<void>[] = [];
      for (const [index, what, waits] of actions) {
        pending.push(scene.act(index, what));
        if (!waits && what !== 'restart') continue;
        await Promise.all(pending);
        pending = [];
      }
      await Promise.all(pending);
      await scene.check();
      for (const person of scene.people) person?.close();
      await scene.server.close();
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 15), endOnFailure: true },
  );
});
