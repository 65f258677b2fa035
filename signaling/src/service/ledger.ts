import { ParleyError, type ServerEvent } from '@parley/shared/protocol';
import type { Clock, Logger, Timer } from '@parley/shared/runtime';
import {
  type DomainEvent,
  type Effect,
  memoryOf,
  type NumberedEvent,
  type Outcome,
  type RoomInput,
  type RoomSettings,
  type RoomState,
  sfuPathsOf,
  transition,
  wakeAt,
} from '../rooms/index.ts';
import type { RoomChange, RoomStore } from '../store/room-store.ts';
import type { SessionTokens } from '../tokens/session-tokens.ts';
import type { Webhooks } from '../webhooks/webhooks.ts';
import type { Audience } from './audience.ts';
import { KeyedQueue } from './keyed-queue.ts';

export interface LedgerOptions {
  store: RoomStore;
  audience: Audience;
  tokens: SessionTokens;
  settings: RoomSettings;
  clock: Clock;
  logger: Logger;
  /** Carries out what a transition asks for; must not wait for the room. */
  onEffect: (roomId: string, effect: Effect) => void;
  onEvent?: (event: DomainEvent) => void;
  /** How much later than due this node wakes a room, in ms: so that not all nodes do it at once. */
  spreadMs?: () => number;
  /** What rooms say to the outside world: kept with the change that says it, then delivered. */
  webhooks?: Pick<Webhooks, 'messagesOf' | 'add'> | undefined;
}

/**
 * Applies inputs to rooms, one at a time per room: stores the new state, tells the members what happened in the order
 * it happened, hands on the effects, and sees to it that time passes for the room.
 */
export class Ledger {
  readonly store: RoomStore;
  readonly settings: RoomSettings;
  #options: LedgerOptions;
  #queue = new KeyedQueue();
  #wakers = new Map<string, Timer>();
  /** Room by SFU room: whose news a control event is. */
  #roomsBySfu = new Map<string, string>();
  #sfusByRoom = new Map<string, string[]>();
  #closed = false;

  constructor(options: LedgerOptions) {
    this.store = options.store;
    this.settings = options.settings;
    this.#options = options;
    this.store.events.on('changed', (change) => this.#handleChange(change));
  }

  /** @param decide makes the input from the room as it is; null leaves it alone. It must be pure. */
  commit(roomId: string, decide: (state: RoomState | null) => RoomInput | null): Promise<Outcome | null> {
    return this.#queue.run(roomId, async () => {
      const { outcome, outbox, before } = await this.#update(roomId, decide);
      if (!outcome) return null;
      this.#options.webhooks?.add(roomId, outbox);
      // Nothing has changed, and so nobody has looked ahead: a timer may have been early.
      if (outcome.state === before) this.#schedule(roomId, outcome.wakeAt);
      const { onEvent, onEffect, logger } = this.#options;
      for (const { event } of outcome.events) {
        onEvent?.(event);
        describe(logger, roomId, event);
      }
      if (before && !outcome.state) logger.info('room ended', { roomId });
      for (const effect of outcome.effects) onEffect(roomId, effect);
      return outcome;
    });
  }

  /** Applies an input that is nobody's request; what it comes to is in the room. */
  apply(roomId: string, input: RoomInput): Promise<Outcome | null> {
    return this.commit(roomId, () => input).catch((error: unknown) => {
      const level = error instanceof ParleyError && error.code === 'store_unavailable' ? 'warn' : 'error';
      this.#options.logger[level]('input not applied', { roomId, input: input.type, error });
      return null;
    });
  }

  /** The room that an SFU room carries. */
  roomOf(sfuRoomId: string): string | undefined {
    return this.#roomsBySfu.get(sfuRoomId);
  }

  signTopology(state: RoomState): string {
    return this.#options.tokens.issueTopology({ roomId: state.id, ...memoryOf(state) });
  }

  /** Lets time stand still: nothing more is decided here. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#wakers.values()) this.#options.clock.cancel(timer);
    this.#wakers.clear();
  }

  async #update(roomId: string, decide: (state: RoomState | null) => RoomInput | null) {
    const context = { now: this.#options.clock.now(), settings: this.settings };
    const answer = await this.store.update(roomId, (state) => {
      const input = decide(state);
      const outcome = input ? transition(roomId, state, input, context) : null;
      const outbox = this.#options.webhooks?.messagesOf(roomId, outcome?.hooks ?? []) ?? [];
      const next = outcome ? outcome.state : state;
      const refused = outcome?.result.ok === false;
      return { state: next, events: outcome?.events ?? [], outbox, refused, outcome, before: state };
    });
    return answer;
  }

  /** A room has changed, here or on another node: tells those who are here, and looks ahead. */
  #handleChange({ roomId, before, state, events, missed }: RoomChange): void {
    this.#index(roomId, state);
    this.#schedule(roomId, state ? wakeAt(state, this.settings) : null);
    const known = state ?? before;
    if (!known) return;
    for (const event of events) this.#publish(known, event);
    // Whoever is not at this number yet finds the gap, and asks for a snapshot.
    if (missed) this.#publish(known, { seq: known.seq, event: { type: 'healed' } });
  }

  #publish({ id: roomId, incarnation }: RoomState, { seq, event }: NumberedEvent): void {
    const { audience, tokens } = this.#options;
    audience.publish({
      roomId,
      seq,
      event: dress(event, (turn) => tokens.issueTopology({ roomId, incarnation, ...turn })),
    });
  }

  #schedule(roomId: string, wakeAt: number | null): void {
    const { clock, spreadMs = () => 0 } = this.#options;
    clock.cancel(this.#wakers.get(roomId));
    this.#wakers.delete(roomId);
    if (wakeAt === null || this.#closed) return;
    const timer = clock.after(Math.max(0, wakeAt - clock.now()) + spreadMs(), () => {
      this.#wakers.delete(roomId);
      void this.apply(roomId, { type: 'tick' });
    });
    this.#wakers.set(roomId, timer);
  }

  #index(roomId: string, state: RoomState | null): void {
    for (const sfuRoomId of this.#sfusByRoom.get(roomId) ?? []) this.#roomsBySfu.delete(sfuRoomId);
    const sfuRoomIds = state ? sfuPathsOf(state).map((path) => path.sfuRoomId) : [];
    for (const sfuRoomId of sfuRoomIds) this.#roomsBySfu.set(sfuRoomId, roomId);
    if (sfuRoomIds.length > 0) this.#sfusByRoom.set(roomId, sfuRoomIds);
    else this.#sfusByRoom.delete(roomId);
  }
}

type Turn = Pick<RoomState, 'topology' | 'sfu' | 'nextSfu'>;

function dress(event: DomainEvent, sign: (turn: Turn) => string): ServerEvent<'room:event'>['event'] {
  if (event.type !== 'topologyChanged') return event;
  const { type, topology, reason, sfu, nextSfu } = event;
  return { type, topology, reason, topologyToken: sign({ topology, sfu, nextSfu }) };
}

/** One line per turn in a room's life. */
function describe(logger: Logger, roomId: string, event: DomainEvent): void {
  switch (event.type) {
    case 'participantJoined':
      logger.info('participant joined', { roomId, participantId: event.participant.id });
      return;
    case 'participantLeft':
      logger.info('participant left', { roomId, participantId: event.participantId, reason: event.reason });
      return;
    case 'topologyChanged': {
      const { phase, epoch } = event.topology;
      const { sfuRoomId, nodeId: sfuNodeId } = event.nextSfu ?? event.sfu ?? {};
      logger.info('topology changed', { roomId, phase, epoch, reason: event.reason, sfuRoomId, sfuNodeId });
      return;
    }
    case 'roomUpdated':
      logger.info('room updated', { roomId, locked: event.locked, pinned: event.pinned });
      return;
    case 'healed':
      logger.info('room healed', { roomId });
      return;
    case 'participantUpdated':
    case 'producerAdded':
    case 'producerRemoved':
      return;
    case 'slotsChanged':
      logger.info('slots changed', { roomId, epoch: event.slots.epoch, slots: event.slots.producerIds.length });
      return;
  }
}
