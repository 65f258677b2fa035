import type { ServerEvent } from '@parley/shared/protocol';
import type { Clock, Logger, Timer } from '@parley/shared/runtime';
import {
  type DomainEvent,
  type Effect,
  type NumberedEvent,
  type Outcome,
  type RoomInput,
  type RoomSettings,
  type RoomState,
  transition,
} from '../rooms/index.ts';
import type { RoomStore } from '../store/room-store.ts';
import type { SessionTokens } from '../tokens/session-tokens.ts';
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
}

/** What a commit may do at its two turning points, while the room stands still. */
export interface CommitHooks {
  beforePublish?: (outcome: Outcome) => void;
  afterPublish?: (outcome: Outcome) => void;
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
  #sfuByRoom = new Map<string, string>();
  #closed = false;

  constructor(options: LedgerOptions) {
    this.store = options.store;
    this.settings = options.settings;
    this.#options = options;
  }

  /** @param decide makes the input from the room as it is; null leaves it alone. It must be pure. */
  commit(
    roomId: string,
    decide: (state: RoomState | null) => RoomInput | null,
    hooks: CommitHooks = {},
  ): Promise<Outcome | null> {
    return this.#queue.run(roomId, async () => {
      const { outcome, before } = await this.#update(roomId, decide);
      if (!outcome) return null;
      const { state, events, effects } = outcome;
      this.#index(roomId, state);
      this.#schedule(roomId, outcome.wakeAt);
      hooks.beforePublish?.(outcome);
      const known = state ?? before;
      if (known) for (const event of events) this.#publish(known, event);
      if (before && !state) this.#options.logger.info('room ended', { roomId });
      for (const effect of effects) this.#options.onEffect(roomId, effect);
      hooks.afterPublish?.(outcome);
      return outcome;
    });
  }

  /** Applies an input that is nobody's request; what it comes to is in the room. */
  apply(roomId: string, input: RoomInput): Promise<Outcome | null> {
    return this.commit(roomId, () => input).catch((error: unknown) => {
      this.#options.logger.error('input not applied', { roomId, input: input.type, error });
      return null;
    });
  }

  /** The room that an SFU room carries. */
  roomOf(sfuRoomId: string): string | undefined {
    return this.#roomsBySfu.get(sfuRoomId);
  }

  signTopology(state: RoomState): string {
    const { id, incarnation, topology, sfu } = state;
    return this.#options.tokens.issueTopology({ roomId: id, incarnation, topology, sfu });
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
      return { state: outcome ? outcome.state : state, outcome, before: state };
    });
    return answer;
  }

  #publish({ id: roomId, incarnation }: RoomState, { seq, event }: NumberedEvent): void {
    const { audience, tokens, onEvent, logger } = this.#options;
    audience.publish({
      roomId,
      seq,
      event: dress(event, (topology, sfu) => tokens.issueTopology({ roomId, incarnation, topology, sfu })),
    });
    onEvent?.(event);
    describe(logger, roomId, event);
  }

  #schedule(roomId: string, wakeAt: number | null): void {
    const { clock } = this.#options;
    clock.cancel(this.#wakers.get(roomId));
    this.#wakers.delete(roomId);
    if (wakeAt === null || this.#closed) return;
    const timer = clock.after(Math.max(0, wakeAt - clock.now()), () => {
      this.#wakers.delete(roomId);
      void this.apply(roomId, { type: 'tick' });
    });
    this.#wakers.set(roomId, timer);
  }

  #index(roomId: string, state: RoomState | null): void {
    const before = this.#sfuByRoom.get(roomId);
    const after = state?.sfu?.sfuRoomId;
    if (before === after) return;
    if (before !== undefined) this.#roomsBySfu.delete(before);
    if (after === undefined) {
      this.#sfuByRoom.delete(roomId);
    } else {
      this.#sfuByRoom.set(roomId, after);
      this.#roomsBySfu.set(after, roomId);
    }
  }
}

type Sign = (...of: [RoomState['topology'], RoomState['sfu']]) => string;

function dress(event: DomainEvent, sign: Sign): ServerEvent<'room:event'>['event'] {
  if (event.type !== 'topologyChanged') return event;
  const { type, topology, reason, sfu } = event;
  return { type, topology, reason, topologyToken: sign(topology, sfu) };
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
      const { sfuRoomId, nodeId: sfuNodeId } = event.sfu ?? {};
      logger.info('topology changed', { roomId, phase, epoch, reason: event.reason, sfuRoomId, sfuNodeId });
      return;
    }
    case 'roomUpdated':
      logger.info('room updated', { roomId, locked: event.locked });
      return;
    case 'healed':
      logger.info('room healed', { roomId });
      return;
    case 'participantUpdated':
    case 'producerAdded':
    case 'producerRemoved':
      return;
  }
}
