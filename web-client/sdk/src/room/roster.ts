import type { ParticipantInfo } from '@parley/shared/protocol';
import { Emitter } from '@parley/shared/runtime';
import type { Participant } from '../types.ts';

type RosterEvents = {
  joined: [participant: Participant];
  left: [participant: Participant];
  updated: [participant: Participant, before: Participant];
};

type Local = Pick<Participant, 'pinned' | 'speaking' | 'path' | 'volume'>;

/** Whether someone is not to be heard, whatever they send: it was taken from them, or they never had it. */
export function isVoiceless({ silenced, canSpeak }: Pick<Participant, 'silenced' | 'canSpeak'>): boolean {
  return silenced || !canSpeak;
}

/** Who is in the room. Participants are replaced, never changed, so that they can be compared by identity. */
export class Roster extends Emitter<RosterEvents> {
  #selfId: string;
  readonly #participants = new Map<string, Participant>();

  constructor(selfId: string) {
    super();
    this.#selfId = selfId;
  }

  get selfId(): string {
    return this.#selfId;
  }

  /** We are someone else from now on; who we were is forgotten without a word. The next snapshot brings us. */
  become(selfId: string): void {
    this.#participants.delete(this.#selfId);
    this.#selfId = selfId;
  }

  get participants(): ReadonlyMap<string, Participant> {
    return this.#participants;
  }

  get others(): Participant[] {
    return [...this.#participants.values()].filter((participant) => !participant.isSelf);
  }

  get self(): Participant {
    return this.#participants.get(this.selfId) as Participant;
  }

  /** Takes over a snapshot. `keepMissing`: who is not in it may yet come back. */
  reset(infos: ParticipantInfo[], keepMissing: boolean): void {
    const present = new Set(infos.map((info) => info.id));
    for (const info of infos) this.apply(info);
    for (const id of [...this.#participants.keys()]) {
      if (present.has(id) || id === this.selfId) continue;
      if (keepMissing) this.patch(id, { connection: 'reconnecting' });
      else this.remove(id);
    }
  }

  /** What an event says of someone. What we know of our own switches is newer than its echo. */
  hear(info: ParticipantInfo): void {
    const { muted, deafened } = this.#participants.get(info.id) ?? info;
    this.apply(info.id === this.selfId ? { ...info, muted, deafened } : info);
  }

  apply(info: ParticipantInfo): void {
    const before = this.#participants.get(info.id);
    if (before) {
      const same = JSON.stringify(before.metadata) === JSON.stringify(info.metadata);
      this.patch(info.id, same ? { ...info, metadata: before.metadata } : info);
      return;
    }
    const participant: Participant = {
      ...info,
      isSelf: info.id === this.selfId,
      pinned: false,
      speaking: false,
      path: null,
      volume: 1,
    };
    this.#participants.set(info.id, participant);
    this.emit('joined', participant);
  }

  patch(id: string, changes: Partial<ParticipantInfo & Local>): void {
    const before = this.#participants.get(id);
    if (!before) return;
    const changed = Object.entries(changes).some(([key, value]) => before[key as keyof Participant] !== value);
    if (!changed) return;
    const participant = { ...before, ...changes };
    this.#participants.set(id, participant);
    this.emit('updated', participant, before);
  }

  /** These are pinned, and nobody else. */
  setPinned(ids: readonly string[]): void {
    for (const id of this.#participants.keys()) this.patch(id, { pinned: ids.includes(id) });
  }

  remove(id: string): void {
    const participant = this.#participants.get(id);
    if (!participant) return;
    this.#participants.delete(id);
    this.emit('left', participant);
  }
}
