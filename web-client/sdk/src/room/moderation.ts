import type { RequestInput, RequestName } from '@parley/shared/protocol';
import type { Moderator } from '../types.ts';

export type ModerationRequest = Extract<RequestName, `moderate:${string}` | 'room:lock' | 'room:end'>;
type Request = <R extends ModerationRequest>(name: R, input: RequestInput<R>) => Promise<unknown>;

/** What a moderator asks of a room; the server decides, and tells everyone. */
export class RoomModeration implements Moderator {
  readonly #roomId: string;
  readonly #request: Request;
  readonly #onUpdated: (room: { locked: boolean }) => void;
  #locked = false;

  constructor(roomId: string, request: Request, onUpdated: (room: { locked: boolean }) => void) {
    this.#roomId = roomId;
    this.#request = request;
    this.#onUpdated = onUpdated;
  }

  get locked(): boolean {
    return this.#locked;
  }

  /** What the server says of the room. */
  apply({ locked }: { locked: boolean }): void {
    if (locked === this.#locked) return;
    this.#locked = locked;
    this.#onUpdated({ locked });
  }

  async mute(participantId: string): Promise<void> {
    await this.#request('moderate:mute', { roomId: this.#roomId, participantId, silenced: true });
  }

  async unmute(participantId: string): Promise<void> {
    await this.#request('moderate:mute', { roomId: this.#roomId, participantId, silenced: false });
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
