import { ParleyError, type RequestInput } from '@parley/shared/protocol';
import { isPathOf, type Speaker } from '../rooms/index.ts';
import type { Membership } from './membership.ts';
import type { Reach } from './reach.ts';

/** Carries negotiation between two members of a mesh. */
export class Mesh {
  #membership: Membership;
  #reach: Reach;

  constructor(options: { membership: Membership; reach: Reach }) {
    this.#membership = options.membership;
    this.#reach = options.reach;
  }

  /** @throws {ParleyError} `stale_epoch`, `participant_not_found`, `participant_unreachable` */
  async signal(speaker: Speaker, { roomId, epoch, to, signal }: RequestInput<'mesh:signal'>): Promise<void> {
    const { state } = await this.#membership.memberIn(roomId, speaker);
    if (!isPathOf(state, 'mesh', epoch)) throw new ParleyError('stale_epoch');
    const addressee = Object.hasOwn(state.members, to) ? state.members[to] : undefined;
    if (!addressee || to === speaker.memberId) throw new ParleyError('participant_not_found');
    const reached =
      addressee.connection === 'connected' &&
      this.#reach.signal(addressee, { roomId, epoch, from: speaker.memberId, signal });
    if (!reached) throw new ParleyError('participant_unreachable');
  }
}
