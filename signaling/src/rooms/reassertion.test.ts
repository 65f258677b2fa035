import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Outcome, RememberedRoom, RoomInput, Speaker } from './input.ts';
import { memoryOf } from './snapshot.ts';
import { type Member, membersOf, type RoomState } from './state.ts';
import { arrivalOf, SETTINGS } from './testing/room.ts';
import { transition } from './transition.ts';

const NODES = ['a', 'b', 'c'] as const;
type NodeId = (typeof NODES)[number];

/** A room in a store that may lose it, and nodes that each know their own connections and remember the room. */
class Platform {
  stored = null as RoomState | null;
  now = 1_000_000;
  /** What each node last heard of the room. */
  readonly memories = new Map<NodeId, RoomState>();
  /** member -> the node and connection through which they are here. */
  readonly here = new Map<string, { node: NodeId; sessionId: string }>();
  readonly earlier: RoomState[] = [];
  highestSeq = 0;
  fenced = 0;
  /** Whose connection was ended so that they bring what they know: they are here again in no time. */
  readonly comingBack: string[] = [];
  /** Nodes that have yet to find out that the store is not what it was: nothing that happens there fits what they know. */
  readonly #deaf = new Set<NodeId>();
  #sessions = 0;

  apply(input: RoomInput, heardBy: readonly NodeId[] = NODES): Outcome {
    const outcome = transition('lobby', this.stored, input, {
      now: this.now,
      settings: { ...SETTINGS, meshMaxPeers: 3 },
    });
    this.stored = outcome.state;
    if (outcome.state) this.earlier.push(outcome.state);
    for (const node of heardBy) {
      if (this.#deaf.has(node)) continue;
      if (outcome.state) this.memories.set(node, outcome.state);
      this.highestSeq = Math.max(this.highestSeq, outcome.state?.seq ?? 0);
    }
    for (const effect of outcome.effects) {
      if (effect.type === 'fence') this.fenced += this.#end(effect.sessionId);
      if (effect.type === 'reconnect') {
        const who = this.#who(effect.sessionId);
        if (who) this.comingBack.push(who);
        this.#end(effect.sessionId);
      }
    }
    return outcome;
  }

  /** The store is as it was `state` ago, or empty. */
  lose(state: RoomState | null): void {
    this.stored = state;
    for (const node of NODES) this.#deaf.add(node);
  }

  join(name: string, node: NodeId, heardBy?: readonly NodeId[]): void {
    if (this.here.has(name)) return;
    const sessionId = `session-${++this.#sessions}`;
    const arrival = { ...arrivalOf(name, sessionId), nodeId: node };
    const sfu = { sfuRoomId: `sfu-${this.#sessions}`, nodeId: 'sfu-1' };
    const outcome = this.apply(
      { type: 'join', arrival, sfu, incarnation: `room-${this.#sessions}`, youngUntil: this.now + 15_000 },
      heardBy,
    );
    if (outcome.result.ok) this.here.set(name, { node, sessionId });
  }

  resume(name: string, node: NodeId, remembered: RememberedRoom, heardBy?: readonly NodeId[]): void {
    const sessionId = `session-${++this.#sessions}`;
    const arrival = { ...arrivalOf(name, sessionId), nodeId: node, passesLock: true };
    const outcome = this.apply({ type: 'resume', arrival, remembered, found: {}, sfu: null }, heardBy);
    if (outcome.result.ok) this.here.set(name, { node, sessionId });
  }

  /** Their connection breaks without a word, and they come back through another. */
  change(name: string, node: NodeId, heardBy: readonly NodeId[]): void {
    const at = this.here.get(name);
    const known = at && this.memories.get(at.node);
    if (!known) return;
    this.here.delete(name);
    this.resume(name, node, memoryOf(known), heardBy);
  }

  get names(): string[] {
    return Object.keys(this.stored?.members ?? {}).sort(compare);
  }

  member(name: string): Member | undefined {
    return this.stored?.members[name];
  }

  speakersOf(node: NodeId): Speaker[] {
    return [...this.here]
      .filter(([, at]) => at.node === node)
      .map(([memberId, { sessionId }]) => ({ memberId, sessionId }));
  }

  reassert(node: NodeId): Outcome | null {
    const memory = this.memories.get(node);
    if (!memory) return null;
    this.#deaf.delete(node);
    return this.apply({ type: 'reassert', memory, nodeId: node, speakers: this.speakersOf(node) });
  }

  #who(sessionId: string): string | undefined {
    return [...this.here].find(([, at]) => at.sessionId === sessionId)?.[0];
  }

  /** How many were here through that connection. */
  #end(sessionId: string): number {
    const memberId = this.#who(sessionId);
    return memberId !== undefined && this.here.delete(memberId) ? 1 : 0;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function crowd(): Platform {
  const platform = new Platform();
  for (const [i, name] of ['ann', 'ben', 'cleo', 'dan'].entries()) platform.join(name, NODES[i % 3] ?? 'a');
  return platform;
}

test('an emptied store has the room again after the first node, and everyone in it after the last', () => {
  const platform = crowd();
  const before = platform.stored;
  platform.lose(null);
  platform.reassert('b');
  assert.deepEqual(platform.names, ['ann', 'ben', 'cleo', 'dan']);
  assert.deepEqual(platform.stored?.topology, before?.topology);
  assert.ok((platform.stored?.seq ?? 0) > platform.highestSeq - 1);
  const after = platform.stored;
  platform.reassert('a');
  platform.reassert('c');
  assert.equal(platform.stored, after, 'nothing is left to say');
});

test('who came while only their own node heard of it is in again', () => {
  const platform = crowd();
  platform.join('eve', 'c', ['c']);
  platform.lose(null);
  platform.reassert('a');
  assert.ok(!platform.member('eve'));
  platform.reassert('c');
  assert.equal(platform.member('eve')?.connection, 'connected');
});

test('a store that comes back with an old state is brought up to date', () => {
  const platform = crowd();
  const old = platform.stored;
  platform.apply({ type: 'leave', memberId: 'ann', sessionId: platform.here.get('ann')?.sessionId ?? '' });
  platform.here.delete('ann');
  platform.join('eve', 'b');
  platform.lose(old);
  for (const node of NODES) platform.reassert(node);
  assert.equal(platform.member('eve')?.connection, 'connected');
  assert.ok(!platform.member('ann'), 'nobody comes back with it who had left');
});

test('someone who was thought dead with their node is connected again, and is not fenced', () => {
  const platform = crowd();
  platform.apply({ type: 'nodeLost', nodeId: 'a', at: platform.now }, ['b', 'c']);
  assert.equal(platform.member('ann')?.connection, 'reconnecting');
  platform.reassert('a');
  assert.equal(platform.member('ann')?.connection, 'connected');
  assert.ok(platform.here.has('ann'));
});

test('someone who went on through another node stays there; the old connection is ended', () => {
  const platform = crowd();
  platform.apply({ type: 'nodeLost', nodeId: 'a', at: platform.now }, ['b', 'c']);
  const ann = platform.member('ann');
  assert.ok(ann && platform.stored);
  const remembered = memoryOf(platform.stored);
  const arrival = { ...arrivalOf('ann', 'session-new'), nodeId: 'b', passesLock: true };
  platform.apply({ type: 'resume', arrival, remembered, found: {}, sfu: null }, ['b', 'c']);
  const outcome = platform.reassert('a');
  assert.deepEqual(
    outcome?.effects.filter((effect) => 'sessionId' in effect),
    [{ type: 'reconnect', sessionId: 'session-1', nodeId: 'a' }],
  );
  assert.equal(platform.member('ann')?.sessionId, 'session-new');
});

for (const [when, isEmptied] of [
  ['into a room that the store has lost', true],
  ['and the store forgets that they are', false],
] as const) {
  test(`who comes back through another node, ${when}, is in the room when nodes say what they knew before`, () => {
    const platform = crowd();
    const ann = { memberId: 'ann', sessionId: platform.here.get('ann')?.sessionId ?? '' };
    assert.ok(platform.stored);
    const remembered = memoryOf(platform.stored);
    platform.apply({ type: 'disconnect', ...ann });
    platform.here.delete('ann');
    platform.now += SETTINGS.resumeWindowMs - 100;
    if (isEmptied) platform.lose(null);
    platform.resume('ann', 'c', remembered, ['c']);
    if (!isEmptied) platform.lose(null);
    const left = [platform.reassert('a'), platform.reassert('b')].flatMap((outcome) => outcome?.events ?? []);
    platform.now += 1_000;
    left.push(...platform.apply({ type: 'tick' }).events, ...(platform.reassert('c')?.events ?? []));
    assert.deepEqual(
      left.filter(({ event }) => event.type === 'participantLeft'),
      [],
    );
    assert.equal(platform.member('ann')?.connection, 'connected');
    assert.equal(platform.member('ann')?.sessionId, platform.here.get('ann')?.sessionId);
    assert.deepEqual(platform.names, ['ann', 'ben', 'cleo', 'dan']);
  });
}

test('who was sent away and comes back into a room that the store has lost is out of it again', () => {
  const platform = crowd();
  assert.ok(platform.stored);
  const remembered = memoryOf(platform.stored);
  platform.apply({ type: 'remove', by: null, target: { memberId: 'ann' }, bannedUntil: null });
  platform.lose(null);
  platform.resume('ann', 'c', remembered, ['c']);
  platform.reassert('b');
  assert.deepEqual(platform.names, ['ben', 'cleo', 'dan']);
});

for (const [how, passesMs] of [
  ['', 10],
  [', in the same millisecond too', 0],
  [', by a clock that is behind too', -10],
] as const) {
  test(`of two memories of a switch the later one is right, whoever speaks first${how}`, () => {
    const platform = crowd();
    const ann = { memberId: 'ann', sessionId: platform.here.get('ann')?.sessionId ?? '' };
    platform.now += passesMs;
    platform.apply({ type: 'update', ...ann, muted: true, deafened: false }, ['a']);
    platform.lose(null);
    platform.reassert('b');
    assert.equal(platform.member('ann')?.muted, false);
    const early = platform.memories.get('a');
    assert.ok(early);
    platform.reassert('a');
    assert.equal(platform.member('ann')?.muted, true);
    platform.now += passesMs;
    platform.apply({ type: 'update', ...ann, muted: false, deafened: true });
    platform.apply({ type: 'reassert', memory: early, nodeId: 'a', speakers: platform.speakersOf('a') });
    assert.equal(platform.member('ann')?.muted, false);
    assert.equal(platform.member('ann')?.deafened, true);
  });
}

test('of two histories that have come to the same number the members of both find a gap', () => {
  const platform = crowd();
  const ann = { memberId: 'ann', sessionId: platform.here.get('ann')?.sessionId ?? '' };
  // Only b hears of the first life after the store has lost the room; then it is lost again.
  const early = platform.memories.get('a');
  assert.ok(early);
  platform.lose(null);
  platform.reassert('b');
  platform.apply({ type: 'update', ...ann, muted: true, deafened: false }, ['b']);
  const first = platform.memories.get('b');
  assert.ok(first);
  platform.lose(null);
  platform.now += 1;
  platform.apply({ type: 'reassert', memory: early, nodeId: 'a', speakers: platform.speakersOf('a') });
  platform.apply({ type: 'disconnect', memberId: 'dan', sessionId: platform.here.get('dan')?.sessionId ?? '' });
  assert.equal(platform.stored?.seq, first.seq, 'the histories are at one number');
  const outcome = platform.apply({ type: 'reassert', memory: first, nodeId: 'b', speakers: platform.speakersOf('b') });
  assert.ok((outcome.events[0]?.seq ?? 0) > first.seq + 1);
});

test('a removal that a node slept through holds', () => {
  const platform = crowd();
  platform.apply({ type: 'remove', by: null, target: { memberId: 'ann' }, bannedUntil: null }, ['b', 'c']);
  assert.ok(!platform.member('ann'));
  platform.here.set('ann', { node: 'a', sessionId: 'session-1' });
  const outcome = platform.reassert('a');
  assert.ok(!platform.member('ann'));
  assert.ok(outcome?.effects.some((effect) => effect.type === 'fence' && effect.fence.code === 'removed'));
});

const name = fc.constantFrom('ann', 'ben', 'cleo', 'dan', 'eve', 'fay');
const node = fc.constantFrom(...NODES);
const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant('join' as const), name, node, alone: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('vanish' as const), name, told: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('change' as const), name, node, alone: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('lose' as const), back: fc.nat({ max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('bury' as const), node }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('reassert' as const), node }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 20_000 }) }) },
);

test('whatever the store loses, once all nodes have said what they know everyone who is here is in, and nobody else', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), fc.shuffledSubarray([...NODES], { minLength: 3 }), (acts, order) => {
      const platform = crowd();
      for (const it of acts) {
        if (it.op === 'join') platform.join(it.name, it.node, it.alone ? [it.node] : NODES);
        if (it.op === 'vanish') {
          const at = platform.here.get(it.name);
          platform.here.delete(it.name);
          if (at && it.told) platform.apply({ type: 'disconnect', memberId: it.name, sessionId: at.sessionId });
        }
        if (it.op === 'change') platform.change(it.name, it.node, it.alone ? [it.node] : NODES);
        if (it.op === 'lose') platform.lose(it.back === 0 ? null : (platform.earlier.at(-it.back) ?? null));
        if (it.op === 'bury') platform.apply({ type: 'nodeLost', nodeId: it.node, at: platform.now });
        if (it.op === 'reassert') platform.reassert(it.node);
        if (it.op === 'time') {
          platform.now += it.ms;
          platform.apply({ type: 'tick' });
        }
      }
      // Twice: a node that spoke first may have something to say to what a later one brought back.
      for (const id of [...order, ...order]) platform.reassert(id);
      for (const who of platform.comingBack) platform.join(who, 'b');
      const connected = membersOf(platform.stored ?? ({ members: {} } as RoomState)).filter(
        (member) => member.connection === 'connected',
      );
      assert.deepEqual(
        connected.map(({ id, sessionId }) => `${id} ${sessionId}`).sort(compare),
        [...platform.here].map(([id, { sessionId }]) => `${id} ${sessionId}`).sort(compare),
      );
      assert.equal(platform.fenced, 0, 'nobody went on elsewhere');
      const settled = platform.stored;
      for (const id of order) platform.reassert(id);
      assert.deepEqual(platform.stored, settled, 'it comes to rest');
      platform.now += SETTINGS.resumeWindowMs + 1;
      platform.apply({ type: 'tick' });
      assert.deepEqual(platform.names, [...platform.here.keys()].sort(compare), 'no ghosts');
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 300) },
  );
});
