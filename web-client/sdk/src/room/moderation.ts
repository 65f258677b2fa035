import type { RequestInput, RequestName } from '@parley/shared/protocol';
import type { Moderator } from '../types.ts';

export type ModerationRequest = Extract<RequestName, `moderate:${string}` | 'room:lock' | 'room:end'>;
type Request = <R extends ModerationRequest>(name: R, input: RequestInput<R>) => Promise<unknown>;

/** What moderators have set for a room. */
interface Moderated {
  readonly locked: boolean;
  readonly pinned: readonly string[];
}

/** What a moderator asks of a room; the server decides, and tells everyone. */
export class RoomModeration implements Moderator {
  readonly #roomId: string;
  readonly #request: Request;
  readonly #onUpdated: (room: Moderated) => void;
  #locked = false;
  #pinned: readonly string[] = [];

  constructor(roomId: string, request: Request, onUpdated: (room: Moderated) => void) {
    this.#roomId = roomId;
    this.#request = request;
    this.#onUpdated = onUpdated;
  }

  get locked(): boolean {
    return this.#locked;
  }

  get pinned(): readonly string[] {
    return this.#pinned;
  }

  /** What the server says of the room. */
  apply({ locked, pinned }: Moderated): void {
    if (locked === this.#locked && pinned.join() === this.#pinned.join()) return;
    this.#locked = locked;
    this.#pinned = pinned;
    this.#onUpdated({ locked, pinned });
  }

  async mute(participantId: string): Promise<void> {
    await this.#request('moderate:mute', { roomId: this.#roomId, participantId, silenced: true });
  }

  async unmute(participantId: string): Promise<void> {
    await this.#request('moderate:mute', { roomId: this.#roomId, participantId, silenced: false });
  }

  async pin(participantId: string, pinned: boolean): Promise<void> {
    await this.#request('moderate:pin', { roomId: this.#roomId, participantId, pinned });
  }

  async remove(participantId: string): Promise<void> {
    await this.#request('moderate:remove', { roomId: this.#roomId, participantId });
  }

  async ban(participantId: string, durationMs: number): Promise<void> {
    await this.#request('moderate:remove', { roomId: this.#roomId, participantId, banMs: durationMs });
  }

  async lock(): Promise<void> {
    await this.#request('room:lock', { roomId: this.#roomId, locked: true });
  }

  async unlock(): Promise<void> {
    await this.#request('room:lock', { roomId: this.#roomId, locked: false });
  }

  async end(): Promise<void> {
    await this.#request('room:end', { roomId: this.#roomId });
  }
}
