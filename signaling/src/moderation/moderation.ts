import { ParleyError } from '@parley/shared/protocol';
import type { Clock, Logger } from '@parley/shared/runtime';
import { memberOf, membersOf, type RoomInput, type RoomState, type Speaker, type Target } from '../rooms/index.ts';
import type { Ledger } from '../service/ledger.ts';
import { type BanStore, banned, ended } from '../store/ban-store.ts';

export interface ModerationOptions {
  ledger: Ledger;
  bans: BanStore;
  clock: Clock;
  logger: Logger;
  /** How long what members hold to resume is good for: an ended room is remembered for so long. */
  sessionLifetimeMs: number;
}

/** How often a room may be replaced under an end before we give up. */
const ATTEMPTS = 3;

/** Who asks: a member of the room, or (null) the operator, who needs not be in it. */
export type Asker = Speaker | null;

/**
 * What moderators do to rooms, on whichever node. The room itself decides and keeps what it must; bans and ends are
 * kept beside it as well, since they outlive it. All of it may be said twice.
 */
export class Moderation {
  #options: ModerationOptions;

  constructor(options: ModerationOptions) {
    this.#options = options;
  }

  /** Takes the word from someone, or gives it back. @throws {ParleyError} `participant_not_found` */
  async mute(roomId: string, by: Asker, target: Target, silenced: boolean): Promise<void> {
    await this.#commit(roomId, { type: 'silence', by, target, silenced });
  }

  /** Sends someone away, who may come back. @throws {ParleyError} `participant_not_found` */
  async remove(roomId: string, by: Asker, target: Target): Promise<void> {
    await this.#commit(roomId, { type: 'remove', by, target, bannedUntil: null });
  }

  /**
   * Sends all of a user's away, and lets none of theirs in again for `banMs`; 0 lifts the ban.
   * @throws {ParleyError} `participant_not_found`
   */
  async ban(roomId: string, by: Asker, target: Target, banMs: number): Promise<void> {
    const { bans, clock } = this.#options;
    const userId = 'userId' in target && !by ? target.userId : userOf(await this.#roomFor(roomId, by), target);
    const bannedUntil = clock.now() + banMs;
    // First: who comes in while the others are being removed is turned away already.
    await bans.set(banned(roomId, userId), bannedUntil);
    try {
      await this.#commit(roomId, banMs > 0 ? ban(by, userId, bannedUntil) : { type: 'pardon', by, userId });
    } catch (error) {
      // Whoever is not there can be banned all the same.
      if (!(error instanceof ParleyError && error.code === 'room_not_found')) throw error;
    }
  }

  /** Has someone keep a speaker slot, or not. @throws {ParleyError} `participant_not_found`, `conflict`: too many have one */
  async pin(roomId: string, by: Asker, memberId: string, pinned: boolean): Promise<void> {
    await this.#commit(roomId, { type: 'pin', by, memberId, pinned });
  }

  /** Lets nobody new in but moderators, or everybody again. */
  async lock(roomId: string, by: Asker, locked: boolean): Promise<void> {
    await this.#commit(roomId, { type: 'lock', by, locked });
  }

  /** Sends everyone home; nobody can take that room up again where it was. */
  async end(roomId: string, by: Asker): Promise<void> {
    const { ledger, bans, clock, sessionLifetimeMs } = this.#options;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { incarnation } = await this.#roomFor(roomId, by);
      // First: whoever resumes meanwhile would bring the room back.
      await bans.set(ended(incarnation), clock.now() + sessionLifetimeMs);
      const outcome = await ledger.commit(roomId, (state) =>
        state?.incarnation === incarnation ? { type: 'end', by } : null,
      );
      if (!outcome) continue;
      if (!outcome.result.ok) throw new ParleyError(outcome.result.code);
      this.#log(roomId, by, 'end');
      return;
    }
    throw new ParleyError('conflict');
  }

  /**
   * Whether a user may come into a room as far as bans go; `incarnation`: of the room they remember, if they do.
   * @throws {ParleyError} `banned` with `retryAfterMs`, `room_ended`
   */
  async check(roomId: string, userId: string, incarnation: string | null): Promise<void> {
    const { bans, clock } = this.#options;
    const [bannedUntil, endedUntil] = await Promise.all([
      bans.until(banned(roomId, userId)),
      incarnation === null ? null : bans.until(ended(incarnation)),
    ]);
    if (endedUntil !== null) throw new ParleyError('room_ended');
    if (bannedUntil === null) return;
    throw new ParleyError('banned', undefined, { retryAfterMs: Math.max(0, bannedUntil - clock.now()) });
  }

  /** Whether a room was ended by a moderator. */
  async isEnded(incarnation: string): Promise<boolean> {
    return (await this.#options.bans.until(ended(incarnation))) !== null;
  }

  async #commit(roomId: string, input: ModerationInput): Promise<void> {
    const outcome = await this.#options.ledger.commit(roomId, () => input);
    if (outcome?.result.ok === false) throw new ParleyError(outcome.result.code);
    this.#log(roomId, input.by, input.type);
  }

  /** The room, if the one who asks may ask. @throws {ParleyError} `room_not_found`, `not_in_room` */
  async #roomFor(roomId: string, by: Asker): Promise<RoomState> {
    const state = await this.#options.ledger.store.read(roomId);
    if (by && !(state && memberOf(state, by))) throw new ParleyError('not_in_room');
    if (!state) throw new ParleyError('room_not_found');
    return state;
  }

  #log(roomId: string, by: Asker, action: string): void {
    this.#options.logger.info('moderated', { roomId, action, by: by?.memberId ?? 'operator' });
  }
}

type ModerationInput = Extract<RoomInput, { by: Asker }>;

function ban(by: Asker, userId: string, bannedUntil: number): ModerationInput {
  return { type: 'remove', by, target: { userId }, bannedUntil };
}

/** The user behind someone who is in the room, or was sent away from it. @throws {ParleyError} `participant_not_found` */
function userOf(state: RoomState, target: Target): string {
  if ('userId' in target) return target.userId;
  const member = membersOf(state).find(({ id }) => id === target.memberId);
  const { userId } = member ?? state.removed.find(({ memberId }) => memberId === target.memberId) ?? {};
  if (userId === undefined) throw new ParleyError('participant_not_found');
  return userId;
}
