import { VoiceClient } from '@parley/voice-sdk';
import { type Failure, failureOf, failureOfCode } from '../text/failures.ts';
import { tokenFromUrl } from './link.ts';
import { type MicrophoneChoice, NO_MICROPHONE, toMicrophone } from './microphone-choice.ts';
import { NoticeBoard } from './notice-board.ts';
import { RoomStore } from './room-store.ts';
import { Store } from './store.ts';

/** What the join form asks for. */
export interface JoinRequest {
  readonly name: string;
  readonly room: string;
  readonly microphone: MicrophoneChoice;
}

export type SessionState =
  | { readonly phase: 'outside'; readonly failure: Failure | null; readonly leftRoom: string | null }
  | { readonly phase: 'joining'; readonly request: JoinRequest }
  | { readonly phase: 'inside'; readonly request: JoinRequest; readonly store: RoomStore };

/** From the join page into a room and out again, whatever happens in between. Lives outside React, so that no re-render or double effect ends a call. */
export class Session extends Store<SessionState> {
  #client: VoiceClient | undefined;
  readonly #token: string | undefined;

  constructor(token = tokenFromUrl(new URL(location.href))) {
    super({ phase: 'outside', failure: null, leftRoom: null });
    this.#token = token;
  }

  async join(request: JoinRequest): Promise<void> {
    if (this.getSnapshot().phase !== 'outside') return;
    this.set({ phase: 'joining', request });
    const client = new VoiceClient({ name: request.name, ...(this.#token ? { token: this.#token } : {}) });
    this.#client = client;
    const listening = request.microphone === NO_MICROPHONE;
    try {
      // Without a microphone one is shown as muted, so that nobody waits for an answer.
      const room = await client.join(request.room, { microphone: toMicrophone(request.microphone), muted: listening });
      if (this.#client !== client) return;
      const notices = new NoticeBoard();
      const store = new RoomStore(room, notices, request.microphone, client.user?.grants.moderate);
      room.on('closed', ({ code, message }) => {
        if (this.#client !== client) return;
        this.#end(code === 'left' ? null : failureOfCode(code, message), code === 'left' ? request.room : null);
      });
      this.set({ phase: 'inside', request, store });
    } catch (error) {
      if (this.#client === client) this.#end(failureOf(error), null);
    }
  }

  /** Leaves the room, or gives up joining it. */
  leave(): void {
    const state = this.getSnapshot();
    if (state.phase !== 'outside') this.#end(null, state.phase === 'inside' ? state.request.room : null);
  }

  /** Puts away what the last attempt ended with. */
  clearFailure(): void {
    const state = this.getSnapshot();
    if (state.phase === 'outside' && state.failure) this.set({ ...state, failure: null });
  }

  #end(failure: Failure | null, leftRoom: string | null): void {
    const state = this.getSnapshot();
    const client = this.#client;
    this.#client = undefined;
    if (state.phase === 'inside') {
      state.store.close();
      state.store.notices.close();
    }
    this.set({ phase: 'outside', failure, leftRoom });
    // The page goes on at once; what cannot be told to the server any more is the server's to notice.
    client?.close().catch(() => {});
  }
}
