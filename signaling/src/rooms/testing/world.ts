import assert from 'node:assert/strict';
import type { Forwarding } from '@parley/shared/control';
import type { Effect, Outcome, RememberedRoom, RoomInput } from '../input.ts';
import { memoryOf } from '../snapshot.ts';
import { membersOf, type RoomState, type SfuHandle, sfuPathAt, sfuPathsOf } from '../state.ts';
import { transition } from '../transition.ts';
import { checkState, checkStory } from './invariants.ts';
import { SETTINGS } from './room.ts';

export const WHO = 7;

export interface Person {
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
  /** The last search for an SFU, if it is still unanswered. */
  search: Extract<Effect, { type: 'prepareSfu' }> | null = null;
  /** How SFU rooms forward, and whom they were told to have keep a slot. */
  forwardings = new Map<string, Forwarding>();
  pinned = new Map<string, readonly string[]>();
  /** Memberships that a moderator ended, and microphones the SFU was told to pause; of the room as it is. */
  sentAway = new Set<string>();
  paused = new Set<string>();
  #counter = 0;
  #bootedAt = this.now;

  id(prefix: string): string {
    return `${prefix}${++this.#counter}`;
  }

  /** @param not a node that it is not to be on */
  newSfu(not: string | null = null): SfuHandle {
    return { sfuRoomId: this.id('sfu'), nodeId: not === 'node-1' ? 'node-2' : 'node-1' };
  }

  get youngUntil(): number | null {
    const until = this.#bootedAt + SETTINGS.healingMs;
    return this.now < until ? until : null;
  }

  /** All this process knows is gone; the SFU and the people are not. */
  restart(): void {
    for (const [id, fate] of this.sfus) if (fate === 'held') this.sfus.set(id, 'forgotten');
    this.state = null;
    this.search = null;
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
    for (const effect of outcome.effects) {
      if (effect.type === 'prepareSfu') this.search = effect;
      if (effect.type === 'pinSfuPeers') this.pinned.set(effect.sfu.sfuRoomId, effect.peerIds);
    }
    if (!outcome.state) this.search = null;
    this.#checkPins();
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
    const had = idsOf(before);
    if (input.type === 'sfuLost' && had.includes(input.sfuRoomId)) this.sfus.set(input.sfuRoomId, 'lost');
    const has = idsOf(outcome.state);
    for (const id of has) this.sfus.set(id, 'held');
    for (const effect of outcome.effects) {
      if (effect.type !== 'closeSfuRoom') continue;
      const { sfuRoomId } = effect.sfu;
      assert.equal(this.sfus.get(sfuRoomId) ?? 'held', 'held', `${sfuRoomId} is closed once, and only while held`);
      this.sfus.set(sfuRoomId, 'closed');
    }
    for (const [id, fate] of this.sfus) {
      if (fate === 'held') assert.ok(has.includes(id), 'an SFU room the room no longer has was closed');
    }
    for (const id of has) assert.equal(this.sfus.get(id), 'held', 'the room does not hold what it closed');
  }

  /** Every SFU room knows who is pinned, from its first moment on. */
  #checkPins(): void {
    const { state } = this;
    for (const id of idsOf(state)) assert.deepEqual(this.pinned.get(id) ?? [], state?.pinned, 'the SFU knows the pins');
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
      if (!state.members[participantId]?.silenced || !sfuPathAt(state, epoch)) continue;
      assert.ok(this.paused.has(producerId), 'whoever is silenced sends nothing through the SFU');
    }
  }

  #remember(): void {
    const { state } = this;
    if (!state) return;
    const memory = memoryOf(state);
    for (const person of this.people) {
      if (!person || state.members[person.memberId]?.sessionId !== person.sessionId) continue;
      if (person.memories.at(-1)?.topology !== memory.topology) person.memories.push(memory);
    }
  }
}

function idsOf(state: RoomState | null): string[] {
  return state ? sfuPathsOf(state).map(({ sfuRoomId }) => sfuRoomId) : [];
}

/** Deeply: a transition that touches the state it was given fails. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) freeze(part);
  }
  return value;
}
