import { MATCH_ROOM_PREFIX, ParleyError } from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger } from '@parley/shared/runtime';
import type { Bus } from '../cluster/bus.ts';
import type { User } from '../identity/user.ts';
import type { BlockStore, Report } from '../store/block-store.ts';
import type { TicketStore } from '../store/ticket-store.ts';
import { Matchmaker, type MatchmakerEvents } from './matchmaker.ts';
import { MatchUpkeep } from './upkeep.ts';

/** Signs and reads what opens the room of a match. */
export interface Passes {
  issuePass(roomId: string, userId: string): string;
  isPass(token: string, roomId: string, userId: string): boolean;
}

export interface MatchingOptions {
  tickets: TicketStore;
  blocks: BlockStore;
  passes: Passes;
  bus: Bus;
  clock: Clock;
  logger: Logger;
}

/** All there is to meeting strangers: the matchmaker, what keeps it going, blocks, reports, and the doors of its rooms. */
export class Matching {
  readonly matchmaker: Matchmaker;
  readonly upkeep: MatchUpkeep;
  readonly blocks: BlockStore;
  readonly events: Emitter<MatchmakerEvents>;
  readonly #options: MatchingOptions;

  constructor(options: MatchingOptions) {
    const { tickets: store, blocks, passes, clock, logger } = options;
    this.#options = options;
    this.blocks = blocks;
    this.events = new Emitter((error, event) => logger.error('a listener threw', { event, error }));
    const issuePass = (roomId: string, userId: string) => passes.issuePass(roomId, userId);
    this.matchmaker = new Matchmaker({ ...options, store, issuePass, events: this.events });
    const onSwept = (kind: 'ticket' | 'match', count: number) => this.events.emit('swept', kind, count);
    this.upkeep = new MatchUpkeep({ matchmaker: this.matchmaker, store, onSwept, clock, logger });
  }

  /** @throws {ParleyError} `not_allowed`: the room is that of a match, and this is nobody who was matched. */
  letIn(user: User, roomId: string, pass: string | undefined): void {
    if (!roomId.startsWith(MATCH_ROOM_PREFIX)) return;
    if (pass === undefined || !this.#options.passes.isPass(pass, roomId, user.id)) throw new ParleyError('not_allowed');
  }

  async report(report: Omit<Report, 'at'>): Promise<void> {
    const { clock, logger } = this.#options;
    await this.blocks.report({ ...report, at: clock.now() });
    const { from, about, roomId } = report;
    logger.info('reported', { from, about, roomId });
  }

  async close(): Promise<void> {
    this.upkeep.close();
    await this.matchmaker.close();
  }
}
