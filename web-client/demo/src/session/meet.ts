import type { Match, MatchOptions, Room } from '@parley/voice-sdk';
import { type Failure, failureOf, failureOfCode, forMeeting } from '../text/failures.ts';
import { type MicrophoneChoice, NO_MICROPHONE } from './microphone-choice.ts';
import { NoticeBoard } from './notice-board.ts';
import { RoomStore } from './room-store.ts';
import { Store } from './store.ts';
import { toMatchOptions, type Wishes } from './wishes.ts';

/** What the form asks for. */
export interface MeetRequest {
  readonly name: string;
  readonly wishes: Wishes;
  readonly microphone: MicrophoneChoice;
}

/** Someone one has met, and may not want to meet again. */
export interface Stranger {
  readonly userId: string;
  readonly name: string;
}

export type MeetState =
  | { readonly phase: 'choosing'; readonly failure: Failure | null; readonly ended: boolean }
  /** The microphone is asked for, before anybody waits for us. */
  | { readonly phase: 'preparing'; readonly request: MeetRequest }
  | {
      readonly phase: 'looking';
      readonly request: MeetRequest;
      /** When the looking began, by the clock that was given. */
      readonly since: number;
      /** There was someone, who did not come: the place in the line is kept. */
      readonly again: boolean;
      readonly note: string | null;
    }
  | { readonly phase: 'found'; readonly request: MeetRequest; readonly since: number }
  | {
      readonly phase: 'talking';
      readonly request: MeetRequest;
      readonly store: RoomStore;
      /** Everyone met in this room, those who have left included. */
      readonly met: readonly Stranger[];
      /** They have been waited for long enough. */
      readonly missed: boolean;
      /** Why the room is no more, if it is. */
      readonly over: Failure | null;
    };

/** The SDK as this page needs it. */
export interface MeetClient {
  match(options: MatchOptions): Match;
  close(): Promise<void>;
}

export interface MeetOptions {
  connect: (name: string) => MeetClient;
  /** Opens a microphone; it stays open from one stranger to the next. @throws the browser's error */
  openMicrophone: (choice: MicrophoneChoice) => Promise<MediaStreamTrack>;
  now?: () => number;
}

/** From the form to a stranger, to the next one, and back. Lives outside React, as `Session` does. */
export class MeetSession extends Store<MeetState> {
  readonly #options: MeetOptions;
  readonly #now: () => number;
  /** Kept from one search to the next: by it the server knows whom one has met, and blocked. */
  #client: { name: string; client: MeetClient } | undefined;
  #match: Match | undefined;
  #track: MediaStreamTrack | undefined;
  #offs: (() => void)[] = [];
  /** How one was in the last room, and is in the next. */
  #manners: { muted: boolean; microphone: MicrophoneChoice } | undefined;

  constructor(options: MeetOptions) {
    super({ phase: 'choosing', failure: null, ended: false });
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  async start(request: MeetRequest): Promise<void> {
    if (this.getSnapshot().phase !== 'choosing') return;
    const preparing: MeetState = { phase: 'preparing', request };
    this.set(preparing);
    const isOver = () => this.getSnapshot() !== preparing;
    const { microphone } = request;
    try {
      if (microphone !== NO_MICROPHONE) {
        const track = await this.#options.openMicrophone(microphone);
        if (isOver()) return track.stop();
        this.#track = track;
      }
      this.#begin(request, this.#clientFor(request.name));
    } catch (error) {
      if (!isOver()) this.#end(failureOf(error));
    }
  }

  /** Leaves whoever is there and looks for someone else. */
  next(note: string | null = null): void {
    const state = this.getSnapshot();
    if (state.phase !== 'talking') return;
    this.#look(state.request, note);
    this.#match?.next().catch(() => {});
  }

  /** Gives up looking, or leaves the call. */
  stop(): void {
    const { phase } = this.getSnapshot();
    if (phase !== 'choosing') this.#end(null, phase === 'talking');
  }

  /** The page is left: nothing of it goes on. */
  close(): void {
    this.stop();
    this.#dropClient();
  }

  /** Never to be brought together with them again. @throws what the SDK throws */
  async block(userId: string): Promise<void> {
    await this.#match?.block(userId);
  }

  /** Tells those who run the server. @throws what the SDK throws */
  async report(userId: string, reason: string): Promise<void> {
    await this.#match?.report(reason, userId);
  }

  #clientFor(name: string): MeetClient {
    if (this.#client?.name === name) return this.#client.client;
    this.#dropClient();
    const client = this.#options.connect(name);
    this.#client = { name, client };
    return client;
  }

  /** The page goes on at once; what cannot be told to the server any more is the server's to notice. */
  #dropClient(): void {
    this.#client?.client.close().catch(() => {});
    this.#client = undefined;
  }

  #begin(request: MeetRequest, client: MeetClient): void {
    const match = client.match({
      ...toMatchOptions(request.wishes),
      microphone: this.#track ?? false,
      muted: this.#track === undefined,
    });
    this.#match = match;
    this.#manners = undefined;
    this.#look(request, null);
    this.#offs = [
      match.on('waiting', () => this.#wait(request)),
      match.on('found', () => this.#found(request)),
      match.on('room', (room) => this.#enter(request, room)),
      match.on('partnerLeft', (participant) => {
        const state = this.getSnapshot();
        if (participant === null && state.phase === 'talking') this.set({ ...state, missed: true });
      }),
      match.on('closed', ({ code, message }) => this.#end(failureOfCode(code, message))),
    ];
  }

  #look(request: MeetRequest, note: string | null): void {
    this.#closeRoom();
    this.set({ phase: 'looking', request, since: this.#now(), again: false, note });
  }

  #wait(request: MeetRequest): void {
    const state = this.getSnapshot();
    if (state.phase === 'talking') this.#look(request, null);
    // Whoever was found did not come; the server keeps our place, and we the time.
    else if (state.phase === 'found') {
      this.set({ phase: 'looking', request, since: state.since, again: true, note: null });
    }
  }

  #found(request: MeetRequest): void {
    const state = this.getSnapshot();
    this.#closeRoom();
    this.set({ phase: 'found', request, since: state.phase === 'looking' ? state.since : this.#now() });
  }

  #enter(request: MeetRequest, room: Room): void {
    this.#closeRoom();
    // Before anything can be heard: whoever had muted themselves is muted.
    if (this.#manners?.muted) room.setMuted(true);
    const store = new RoomStore(room, new NoticeBoard(), request.microphone);
    const choice = this.#manners?.microphone ?? request.microphone;
    if (choice !== request.microphone || this.#track?.readyState === 'ended') void store.setMicrophone(choice);
    const others = [...room.participants.values()].filter(({ isSelf }) => !isSelf);
    const met = others.map(({ userId, name }) => ({ userId, name }));
    this.set({ phase: 'talking', request, store, met, missed: false, over: null });
    const whileHere = (change: (state: Extract<MeetState, { phase: 'talking' }>) => MeetState) => {
      const state = this.getSnapshot();
      if (state.phase === 'talking' && state.store === store) this.set(change(state));
    };
    this.#offs.push(
      room.on('participantJoined', ({ isSelf, userId, name }) => {
        if (isSelf) return;
        whileHere((state) => {
          const known = state.met.some((one) => one.userId === userId);
          return { ...state, met: known ? state.met : [...state.met, { userId, name }], missed: false };
        });
      }),
      room.on('closed', ({ code, message }) => {
        whileHere((state) => ({ ...state, over: forMeeting(failureOfCode(code, message)) }));
      }),
    );
  }

  #closeRoom(): void {
    const state = this.getSnapshot();
    if (state.phase !== 'talking') return;
    const { muted, microphone } = state.store.getSnapshot();
    this.#manners = { muted, microphone };
    state.store.close();
    state.store.notices.close();
  }

  #end(failure: Failure | null, ended = false): void {
    this.#closeRoom();
    for (const off of this.#offs.splice(0)) off();
    this.#track?.stop();
    this.#track = undefined;
    const match = this.#match;
    this.#match = undefined;
    this.set({ phase: 'choosing', failure: failure && forMeeting(failure), ended });
    match?.cancel().catch(() => {});
    // The server may have ended it for good.
    if (failure) this.#dropClient();
  }
}
