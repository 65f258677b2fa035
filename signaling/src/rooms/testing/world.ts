import assert from 'node:assert/strict';
import { PINNED_MAX } from '@parley/shared/protocol';
import fc from 'fast-check';
import type { Outcome, RememberedRoom, RoomInput, SfuPeers } from '../input.ts';
import { snapshotOf } from '../snapshot.ts';
import { membersOf, type RoomState, type SfuHandle, sizeOf, wantsSfu } from '../state.ts';
import { transition } from '../transition.ts';
import { replay } from './replay.ts';
import { SETTINGS } from './room.ts';

/*
 * Anything may happen to a room, in any order: joins, leaves, dropped connections, resumes with old and new memories,
 * acknowledgements of any epoch, passing time, SFUs that come and go, restarts. After each step the room must be one
 * that can be (`checkState`), and what its members were told must add up to what it is (`checkStory`).
 */

const WHO = 7;
const who = fc.integer({ min: 0, max: WHO - 1 });
/** Relative to the room's present epoch: old, present, and never seen. */
const delta = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: -3, max: 2 }));
const available = fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false));

export const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('join' as const), who, available }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('crowd' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('thin' as const), keep: fc.integer({ min: 0, max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('leave' as const), who }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('disconnect' as const), who }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('resume' as const), who, available, old: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('update' as const), who, muted: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('renew' as const), who, canSpeak: available, canListen: available }),
  },
  { weight: 8, arbitrary: fc.record({ op: fc.constant('ready' as const), who, delta }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('allReady' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('requestSfu' as const), who, delta, available }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('produce' as const), who, delta }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('reopen' as const), who, delta }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('unproduce' as const), index: fc.nat({ max: 9 }) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('sfuLost' as const), present: available }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('sfuPrepared' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('sfuUnavailable' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('reconcile' as const), keep: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 40_000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('silence' as const), who, byUser: fc.boolean(), on: available }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('remove' as const), who, ban: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('lock' as const), on: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('pin' as const), who, on: available }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('moderator' as const), who, moderator: who }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('end' as const), sure: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('restart' as const) }) },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

interface Person {
  memberId: string;
  sessionId: string;
  joinId: string;
  /** Memories of the room, oldest first. */
  memories: RememberedRoom[];
}

/** The world around one room. */
export class World {
  state: RoomState | null = null;
  now = 1_000_000;
  people: (Person | undefined)[] = Array.from({ length: WHO });
  /** SFU rooms that exist: sfuRoomId -> what became of it for the room. */
  sfus = new Map<string, 'held' | 'closed' | 'lost' | 'forgotten'>();
  /** Whether the last search for an SFU is still unanswered. */
  searching = false;
  /** Memberships that a moderator ended, and microphones the SFU was told to pause; of the room as it is. */
  sentAway = new Set<string>();
  paused = new Set<string>();
  #counter = 0;
  #bootedAt = this.now;

  id(prefix: string): string {
    return `${prefix}${++this.#counter}`;
  }

  newSfu(): SfuHandle {
    return { sfuRoomId: this.id('sfu'), nodeId: 'node' };
  }

  get youngUntil(): number | null {
    const until = this.#bootedAt + SETTINGS.healingMs;
    return this.now < until ? until : null;
  }

  /** All this process knows is gone; the SFU and the people are not. */
  restart(): void {
    for (const [id, fate] of this.sfus) if (fate === 'held') this.sfus.set(id, 'forgotten');
    this.state = null;
    this.searching = false;
    this.#bootedAt = this.now;
  }

  apply(input: RoomInput): Outcome {
    const before = freeze(this.state);
    const context = { now: this.now, settings: SETTINGS };
    const outcome = transition('room', before, input, context);
    assert.deepEqual(transition('room', before, input, context), outcome, 'the same input gives the same outcome');
    if (!outcome.result.ok && before) {
      const { result: _, ...change } = outcome;
      const { result: __, ...tick } = transition('room', before, { type: 'tick' }, context);
      assert.deepEqual(change, tick, 'a refused input changes only what time would have');
    }
    this.#account(input, before, outcome);
    checkStory(before, outcome);
    this.#moderated(input, before, outcome);
    this.state = outcome.state;
    if (outcome.state) checkState(outcome.state, outcome.wakeAt, this.now);
    this.searching ||= outcome.effects.some((effect) => effect.type === 'prepareSfu');
    if (!outcome.state) this.searching = false;
    this.#remember();
    return outcome;
  }

  /** Ticks on time until `ms` have passed. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (let turns = 0; ; turns++) {
      assert.ok(turns < 1000, 'a room does not wake for ever');
      const { wakeAt } = this.apply({ type: 'tick' });
      if (wakeAt === null || wakeAt > end) break;
      assert.ok(wakeAt > this.now, 'a room wakes later than now');
      this.now = wakeAt;
    }
    this.now = end;
  }

  /** Every SFU room this room ever had is held, closed once, lost, or left to a lease by a restart. */
  #account(input: RoomInput, before: RoomState | null, outcome: Outcome): void {
    const had = before?.sfu?.sfuRoomId;
    if (input.type === 'sfuLost' && input.sfuRoomId === had) this.sfus.set(input.sfuRoomId, 'lost');
    const has = outcome.state?.sfu?.sfuRoomId;
    if (has !== undefined) this.sfus.set(has, 'held');
    for (const effect of outcome.effects) {
      if (effect.type !== 'closeSfuRoom') continue;
      const { sfuRoomId } = effect.sfu;
      assert.equal(this.sfus.get(sfuRoomId) ?? 'held', 'held', `${sfuRoomId} is closed once, and only while held`);
      this.sfus.set(sfuRoomId, 'closed');
    }
    for (const [id, fate] of this.sfus) {
      if (fate === 'held') assert.equal(id, has, 'an SFU room the room no longer has was closed');
    }
    if (has !== undefined) assert.equal(this.sfus.get(has), 'held', 'the room does not hold what it closed');
  }

  /** What moderators said holds, whatever came after it. */
  #moderated(input: RoomInput, before: RoomState | null, { state, effects, result, events }: Outcome): void {
    if (!before || !state) {
      this.sentAway.clear();
      this.paused.clear();
    }
    for (const effect of effects) if (effect.type === 'pauseSfuProducer') this.paused.add(effect.producerId);
    if (input.type === 'remove' && result.ok && before) {
      for (const { event } of events) {
        if (event.type === 'participantLeft' && event.reason === 'removed') this.sentAway.add(event.participantId);
      }
    }
    if (!state) return;
    for (const member of membersOf(state)) {
      assert.ok(!this.sentAway.has(member.id), 'who was sent away does not come back as the same');
      assert.equal(member.silenced, state.silencedUsers.includes(member.userId), 'silence is of a user');
      const here = before && Object.hasOwn(before.members, member.id);
      const banned = state.removed.some((it) => it.userId === member.userId && it.bannedUntil > this.now);
      assert.ok(here || !banned, 'nobody comes in who is banned');
      if (input.type === 'join' && before?.locked && !here) assert.ok(input.arrival.passesLock, 'the lock holds');
    }
    for (const { epoch, participantId, producerId } of state.producers) {
      if (!state.members[participantId]?.silenced || epoch !== state.sfu?.epoch) continue;
      assert.ok(this.paused.has(producerId), 'whoever is silenced sends nothing through the SFU');
    }
  }

  #remember(): void {
    const { state } = this;
    if (!state) return;
    const { incarnation, topology, sfu } = state;
    for (const person of this.people) {
      if (!person || state.members[person.memberId]?.sessionId !== person.sessionId) continue;
      if (person.memories.at(-1)?.topology !== topology) person.memories.push({ incarnation, topology, sfu });
    }
  }
}

export function run(world: World, command: Command): void {
  const person = 'who' in command ? world.people[command.who] : undefined;
  const speaker = { memberId: person?.memberId ?? 'nobody', sessionId: person?.sessionId ?? 'none' };
  const epoch = Math.max(1, (world.state?.topology.epoch ?? 1) + ('delta' in command ? command.delta : 0));
  // What concerns the SFU mostly names the path it carries.
  const onSfu = Math.max(1, (world.state?.sfu?.epoch ?? 1) + ('delta' in command ? command.delta : 0));
  const sfu = 'available' in command && command.available ? world.newSfu() : null;
  switch (command.op) {
    case 'join':
      return enter(world, command.who, sfu);
    case 'resume':
      return comeBack(world, command.who, sfu, command.old);
    case 'crowd':
      for (let index = 0; index < WHO; index++) if (!isIn(world, index)) enter(world, index, world.newSfu());
      return;
    case 'thin':
      for (let index = command.keep; index < WHO; index++) run(world, { op: 'leave', who: index });
      return;
    case 'leave':
      world.apply({ type: 'leave', ...speaker });
      world.people[command.who] = undefined;
      return;
    case 'disconnect':
      world.apply({ type: 'disconnect', ...speaker });
      return;
    case 'update':
      world.apply({ type: 'update', ...speaker, muted: command.muted, deafened: false });
      return;
    case 'renew': {
      const { canSpeak, canListen } = command;
      const standing = { userId: `user-${command.who}`, metadata: {}, canSpeak, canListen };
      world.apply({ type: 'renewed', ...speaker, name: null, standing });
      return;
    }
    case 'ready':
      world.apply({ type: 'ready', ...speaker, epoch });
      return;
    case 'allReady':
      return everyoneIsReady(world);
    case 'requestSfu':
      world.apply({ type: 'requestSfu', ...speaker, epoch, sfu });
      return;
    case 'produce': {
      const sfuRoomId = world.state?.sfu?.sfuRoomId ?? 'none';
      world.apply({ type: 'producerAdded', ...speaker, epoch: onSfu, sfuRoomId, producerId: world.id('mic') });
      return;
    }
    case 'reopen':
      world.apply({ type: 'producersDropped', ...speaker, epoch: onSfu });
      return;
    case 'unproduce': {
      const { participantId: memberId, producerId } = world.state?.producers[command.index] ?? {
        participantId: 'nobody',
        producerId: 'none',
      };
      world.apply({ type: 'producerRemoved', sfuRoomId: world.state?.sfu?.sfuRoomId ?? 'none', memberId, producerId });
      return;
    }
    case 'sfuLost':
      world.apply({ type: 'sfuLost', sfuRoomId: (command.present && world.state?.sfu?.sfuRoomId) || 'another' });
      return;
    case 'sfuPrepared':
      return findSfu(world);
    case 'sfuUnavailable':
      if (world.searching) world.apply({ type: 'sfuUnavailable' });
      world.searching = false;
      return;
    case 'reconcile': {
      const peers = command.keep ? peersOf(world.state) : [];
      world.apply({ type: 'sfuReconciled', sfuRoomId: world.state?.sfu?.sfuRoomId ?? 'none', peers });
      return;
    }
    case 'silence': {
      const target = command.byUser ? { userId: `user-${command.who}` } : { memberId: speaker.memberId };
      world.apply({ type: 'silence', by: null, target, silenced: command.on });
      return;
    }
    case 'remove': {
      const bannedUntil = command.ban ? world.now + 20_000 : null;
      world.apply({ type: 'remove', by: null, target: { memberId: speaker.memberId }, bannedUntil });
      return;
    }
    case 'lock':
      world.apply({ type: 'lock', by: null, locked: command.on });
      return;
    case 'pin':
      world.apply({ type: 'pin', by: null, memberId: speaker.memberId, pinned: command.on });
      return;
    case 'moderator': {
      const target = { memberId: world.people[command.moderator]?.memberId ?? 'nobody' };
      world.apply({ type: 'silence', by: speaker, target, silenced: true });
      return;
    }
    case 'end':
      if (command.sure === 0) world.apply({ type: 'end', by: null });
      return;
    case 'time':
      return world.pass(command.ms);
    case 'restart':
      return world.restart();
  }
}

function enter(world: World, index: number, sfu: SfuHandle | null): void {
  const person = world.people[index] ?? {
    memberId: world.id('member'),
    sessionId: '',
    joinId: world.id('join'),
    memories: [],
  };
  const sessionId = world.id('session');
  const arrival = { ...person, memberId: world.id('member'), sessionId, ...face(index) };
  const { result, state } = world.apply({
    type: 'join',
    arrival: pick(arrival),
    sfu,
    incarnation: world.id('incarnation'),
    youngUntil: world.youngUntil,
  });
  if (!result.ok || result.memberId === null || !state) return;
  const { incarnation, topology } = state;
  const memories = [...person.memories, { incarnation, topology, sfu: state.sfu }];
  world.people[index] = { ...person, memberId: result.memberId, sessionId, memories };
}

function comeBack(world: World, index: number, sfu: SfuHandle | null, old: boolean): void {
  const person = world.people[index];
  const remembered = old ? person?.memories[0] : person?.memories.at(-1);
  if (!person || !remembered) return;
  const sessionId = world.id('session');
  const arrival = { ...person, sessionId, ...face(index) };
  const fate = world.sfus.get(remembered.sfu?.sfuRoomId ?? '');
  // A room that was closed cannot be taken over; what the SFU holds is what people sent there.
  const peers: SfuPeers | null =
    fate === 'forgotten' || fate === 'held' ? [{ peerId: person.memberId, producerIds: [world.id('mic')] }] : null;
  const { result } = world.apply({ type: 'resume', arrival: pick(arrival), remembered, peers, sfu });
  if (result.ok) world.people[index] = { ...person, sessionId };
}

function isIn(world: World, index: number): boolean {
  return Object.hasOwn(world.state?.members ?? {}, world.people[index]?.memberId ?? '');
}

export function everyoneIsReady(world: World): void {
  const epoch = world.state?.topology.next?.epoch;
  if (epoch === undefined || !world.state) return;
  for (const { id: memberId, sessionId } of membersOf(world.state)) {
    world.apply({ type: 'ready', memberId, sessionId, epoch });
  }
}

export function findSfu(world: World): void {
  if (!world.searching) return;
  world.searching = false;
  world.apply({ type: 'sfuPrepared', sfu: world.newSfu() });
}

function peersOf(state: RoomState | null): SfuPeers {
  return (state?.producers ?? []).map(({ participantId, producerId }) => ({
    peerId: participantId,
    producerIds: [producerId],
  }));
}

function face(index: number) {
  const standing = { userId: `user-${index}`, metadata: {}, canSpeak: true, canListen: true };
  const passesLock = index === 0;
  return { ...standing, name: `Person ${index}`, muted: false, deafened: false, nodeId: 'node', passesLock };
}

function pick({ memories: _, ...arrival }: Person & ReturnType<typeof face>) {
  return arrival;
}

/** What must hold of any room at any time. */
function checkState(state: RoomState, wakeAt: number | null, now: number): void {
  const { topology, sfu, members, producers } = state;
  const { phase, epoch, active, next } = topology;
  assert.ok(sizeOf(state) > 0 || state.healingUntil !== null, 'an empty room is over');
  assert.ok(sizeOf(state) <= SETTINGS.roomMaxPeers);
  assert.ok(active.epoch < epoch || epoch === 1, 'the active path was made in an earlier epoch');
  switch (phase) {
    case 'mesh':
      assert.deepEqual([active.kind, next, sfu], ['mesh', null, null]);
      break;
    case 'promoting':
      assert.deepEqual(next, { kind: 'sfu', epoch });
      assert.equal(sfu?.epoch, epoch);
      break;
    case 'sfu':
      assert.deepEqual([active.kind, next], ['sfu', null]);
      assert.ok(sfu === null || sfu.epoch === active.epoch);
      break;
    case 'demoting':
      assert.equal(active.kind, 'sfu');
      assert.deepEqual(next, { kind: 'mesh', epoch });
      assert.ok(sfu === null || sfu.epoch === active.epoch);
      break;
  }
  assert.equal(next === null, state.handoverDeadline === null, 'a handover has a deadline');
  assert.ok(wakeAt === null || wakeAt > now, 'what is due has been done');
  for (const due of [state.handoverDeadline, state.healingUntil, state.sfuRetryAt]) {
    if (due !== null) assert.ok(wakeAt !== null && wakeAt <= due, 'the room wakes in time');
  }
  if (phase === 'mesh' && wantsSfu(state, SETTINGS)) assert.notEqual(state.sfuRetryAt, null, 'an SFU is looked for');
  assert.ok(state.pinned.length <= PINNED_MAX, 'a few are pinned');
  for (const id of state.pinned) assert.ok(Object.hasOwn(members, id), 'who is pinned is here');
  const sending = new Set<string>();
  for (const { epoch: path, participantId } of producers) {
    assert.ok(path === active.epoch || path === next?.epoch, 'producers are on a path that is');
    assert.ok(Object.hasOwn(members, participantId) || state.healingUntil !== null, 'producers are of members');
    assert.notEqual(members[participantId]?.canSpeak, false, 'who may not speak sends nothing');
    assert.ok(!sending.has(`${path} ${participantId}`), 'one microphone each');
    sending.add(`${path} ${participantId}`);
  }
  for (const member of Object.values(members)) {
    assert.equal(member.connection === 'reconnecting', member.goneAt !== null);
  }
}

/** The events say everything that changed, in order; hooks are numbered without a gap. */
function checkStory(before: RoomState | null, { state, events, hooks }: Outcome): void {
  for (const [i, { seq }] of hooks.entries()) assert.equal(seq, (before?.hookSeq ?? 0) + i + 1, 'no gap in the hooks');
  const types = hooks.map(({ hook }) => hook.type);
  assert.equal(types.includes('roomStarted'), !before && state !== null, 'a room starts once');
  assert.equal(types.includes('roomEnded'), before !== null && state === null, 'and ends once');
  if (state) assert.equal(state.hookSeq, (before?.hookSeq ?? 0) + hooks.length);
  for (const [i, { seq }] of events.entries()) assert.equal(seq, (before?.seq ?? 0) + i + 1, 'no gap in the numbers');
  let epoch = before?.topology.epoch ?? 0;
  for (const { event } of events) {
    if (event.type !== 'topologyChanged') continue;
    assert.ok(event.topology.epoch > epoch, 'epochs count up');
    epoch = event.topology.epoch;
  }
  if (!before || !state) return;
  assert.ok(state.topology.epoch >= before.topology.epoch);
  const told = events.reduce(replay, snapshotOf(before));
  // That a young room has been recognised as an older one concerns only those who remember it.
  const { healing: _, ...seen } = told;
  const { healing, ...truth } = snapshotOf(state);
  assert.deepEqual(seen, truth);
  if (!healing) assert.equal(told.healing, false);
}

/** Whatever came before: given everyone's readiness, an SFU and time, the room settles. */
export function settle(world: World): void {
  for (let turn = 0; turn < 40 && world.state; turn++) {
    everyoneIsReady(world);
    findSfu(world);
    world.pass(5_000);
  }
}

/** Deeply: a transition that touches the state it was given fails. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) freeze(part);
  }
  return value;
}
