import assert from 'node:assert/strict';
import type { Effect, NumberedEvent, NumberedHook, Outcome, RoomInput } from '../input.ts';
import type { Member, RoomSettings, RoomState, SfuHandle } from '../state.ts';
import { transition } from '../transition.ts';

export const SETTINGS: RoomSettings = {
  meshMaxPeers: 3,
  meshReturnPeers: 2,
  meshReturnAfterMs: 30_000,
  handoverDeadlineMs: 10_000,
  resumeWindowMs: 30_000,
  roomMaxPeers: 6,
  healingMs: 15_000,
  demotionBackoffMs: 60_000,
  sfuRetryMs: 5_000,
};

/** A room on its own, with a clock: what the examples are told with. */
export class TestRoom {
  state: RoomState | null = null;
  now = 1_000_000;
  settings: RoomSettings;
  /** Of the last input. */
  events: NumberedEvent[] = [];
  hooks: NumberedHook[] = [];
  effects: Effect[] = [];
  wakeAt: number | null = null;
  #sfus = 0;

  constructor(settings: Partial<RoomSettings> = {}) {
    this.settings = { ...SETTINGS, ...settings };
  }

  apply(input: RoomInput): Outcome {
    const outcome = transition('lobby', this.state, input, { now: this.now, settings: this.settings });
    this.state = outcome.state;
    this.events = outcome.events;
    this.hooks = outcome.hooks;
    this.effects = outcome.effects;
    this.wakeAt = outcome.wakeAt;
    return outcome;
  }

  /** Lets time pass, ticking whenever the room asked to be woken. */
  advance(ms: number): void {
    const end = this.now + ms;
    const events: NumberedEvent[] = [];
    const effects: Effect[] = [];
    while (this.wakeAt !== null && this.wakeAt <= end) {
      this.now = this.wakeAt;
      this.apply({ type: 'tick' });
      events.push(...this.events);
      effects.push(...this.effects);
    }
    this.now = end;
    this.events = events;
    this.effects = effects;
  }

  newSfu(nodeId = 'sfu-1'): SfuHandle {
    return { sfuRoomId: `sfu-room-${++this.#sfus}`, nodeId };
  }

  join(name: string, sfu: SfuHandle | null = null): Outcome {
    return this.apply({
      type: 'join',
      arrival: arrivalOf(name),
      sfu,
      incarnation: 'first',
      youngUntil: null,
    });
  }

  /** A room of these people, moved to an SFU, everyone there. */
  onSfu(...names: string[]): SfuHandle {
    const sfu = this.newSfu();
    for (const name of names) assert.ok(this.join(name, sfu).result.ok);
    if (this.topology.phase === 'mesh') this.ask('requestSfu', names[0] ?? '', { epoch: 1, sfu });
    for (const name of names) this.ask('ready', name, { epoch: this.topology.epoch });
    this.clearNeeds();
    assert.equal(this.topology.phase, 'sfu');
    return sfu;
  }

  ask<T extends RoomInput['type']>(
    type: T,
    name: string,
    more: Omit<Extract<RoomInput, { type: T }>, 'type' | 'memberId' | 'sessionId'> & object = {} as never,
  ): Outcome {
    const input = { type, memberId: name, sessionId: this.member(name)?.sessionId ?? `session-${name}`, ...more };
    return this.apply(input as unknown as RoomInput);
  }

  member(name: string): Member | undefined {
    return this.state?.members[name];
  }

  get topology() {
    assert.ok(this.state, 'the room is over');
    return this.state.topology;
  }

  get names(): string[] {
    return Object.keys(this.state?.members ?? {});
  }

  /** As `topologyChanged` events: phase, epoch and reason. */
  get turns(): string[] {
    return this.events.flatMap(({ event }) =>
      event.type === 'topologyChanged' ? [`${event.topology.phase} ${event.topology.epoch} ${event.reason}`] : [],
    );
  }

  /** Forgets that someone asked for the SFU, for stories in which it does not matter. */
  clearNeeds(): void {
    assert.ok(this.state);
    const members = Object.fromEntries(
      Object.entries(this.state.members).map(([id, member]) => [id, { ...member, needsSfu: false }]),
    );
    this.state = { ...this.state, members };
    this.apply({ type: 'tick' });
  }
}

export function arrivalOf(name: string, sessionId = `session-${name}`) {
  return {
    memberId: name,
    userId: `user-${name}`,
    name,
    metadata: {},
    canSpeak: true,
    canListen: true,
    muted: false,
    deafened: false,
    joinId: `join-of-${name}`,
    sessionId,
    nodeId: 'node-1',
    passesLock: false,
  };
}
