import type { Topology, TopologyReason } from '@parley/shared/protocol';
import type { Context, DomainEvent, Effect, Hook, NumberedEvent, NumberedHook } from './input.ts';
import type { Member, RoomSettings, RoomState } from './state.ts';

/**
 * A transition in the making: the next state, and what it says and asks for. The state it began with is
 * never touched, so that a store may run the same transition again.
 */
export class Draft {
  readonly now: number;
  readonly settings: RoomSettings;
  readonly events: NumberedEvent[] = [];
  readonly hooks: NumberedHook[] = [];
  readonly effects: Effect[] = [];
  /** Whether the SFU room that came with the input is now the room's. */
  usedSfu = false;
  #state: RoomState;

  constructor(state: RoomState, { now, settings }: Context) {
    this.#state = state;
    this.now = now;
    this.settings = settings;
  }

  get state(): RoomState {
    return this.#state;
  }

  set(change: Partial<Omit<RoomState, 'id' | 'seq' | 'hookSeq'>>): void {
    this.#state = { ...this.#state, ...change };
  }

  setMember(member: Member): void {
    this.set({ members: { ...this.#state.members, [member.id]: member } });
  }

  dropMember(id: string): void {
    const { [id]: _gone, ...members } = this.#state.members;
    this.set({ members });
  }

  emit(event: DomainEvent): void {
    const seq = this.#state.seq + 1;
    this.#state = { ...this.#state, seq };
    this.events.push({ seq, event });
  }

  hook(hook: Hook): void {
    const { hookStream: stream, hookSeq } = this.#state;
    const seq = hookSeq + 1;
    this.#state = { ...this.#state, hookSeq: seq };
    this.hooks.push({ stream, seq, at: this.now, hook });
  }

  /** Takes over another history of the room: events go on beyond both. */
  rebase(change: Partial<Omit<RoomState, 'id' | 'seq'>>, seq: number): void {
    this.#state = { ...this.#state, ...change, seq: Math.max(this.#state.seq, seq) };
  }

  effect(effect: Effect): void {
    this.effects.push(effect);
  }

  /** Enters a new epoch; producers and slots of paths that are no more go without a word of their own. */
  setTopology(topology: Topology, reason: TopologyReason, change: Partial<Omit<RoomState, 'id' | 'seq'>> = {}): void {
    const alive = new Set([topology.active.epoch, topology.next?.epoch]);
    const isAlive = ({ epoch }: { epoch: number }) => alive.has(epoch);
    const { producers, slots } = this.#state;
    this.set({ ...change, topology, producers: producers.filter(isAlive), slots: slots.filter(isAlive) });
    const { sfu, nextSfu } = this.#state;
    this.emit({ type: 'topologyChanged', topology, reason, sfu, nextSfu });
    this.hook({ type: 'topologyChanged', phase: topology.phase, epoch: topology.epoch, reason });
  }
}
