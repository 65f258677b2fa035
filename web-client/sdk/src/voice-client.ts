import type { JoinOptions, Room, VoiceClientOptions } from './types.ts';

/** The way in: one connection to Parley's signaling, from which rooms are joined. */
export class VoiceClient {
  readonly #options: VoiceClientOptions;

  constructor(options: VoiceClientOptions) {
    this.#options = options;
  }

  /** @throws {VoiceError} with a code of the protocol's table, or the browser's error when the microphone is refused. */
  join(roomId: string, options: JoinOptions = {}): Promise<Room> {
    throw new Error(`not yet: ${roomId} ${options.muted} ${this.#options.name}`);
  }

  /** Leaves every room and closes the connection. */
  async close(): Promise<void> {}
}
