import type { Microphone } from '../media/microphone.ts';
import type { Paths } from './paths.ts';
import type { Roster } from './roster.ts';

export interface SelfStateOptions {
  roomId: string;
  microphone: Microphone;
  paths: Paths;
  roster: Roster;
  /** The others are to be told. */
  onChanged: () => void;
}

/** Our own side of a room: what we send, what we say of it, and whether a moderator took the word from us. */
export class SelfState {
  readonly #options: SelfStateOptions;
  #deafened = false;
  #silenced = false;
  #canSpeak = true;

  constructor(options: SelfStateOptions) {
    this.#options = options;
    this.#send();
  }

  get deafened(): boolean {
    return this.#deafened;
  }

  setDeafened(deafened: boolean): void {
    this.#deafened = deafened;
    this.apply();
  }

  /** Nothing is sent while silenced, whatever our own switch says; the switch stays as it is. */
  setSilenced(silenced: boolean): void {
    this.#silenced = silenced;
    this.#options.microphone.setSilenced(silenced);
    this.#send();
  }

  /** Without the grant there is no microphone of ours in the room: the SFU would refuse it. */
  setCanSpeak(canSpeak: boolean): void {
    if (this.#canSpeak === canSpeak) return;
    this.#canSpeak = canSpeak;
    this.#send();
  }

  /** What the others are told: our own switch, not the moderator's. */
  get announced() {
    return { roomId: this.#options.roomId, muted: this.#muted, deafened: this.#deafened };
  }

  /** Mute, deafness or track changed: to the paths at once, to the others by signaling. */
  apply(): void {
    const { roster, onChanged } = this.#options;
    this.#send();
    roster.patch(roster.selfId, { muted: this.#muted, deafened: this.#deafened });
    onChanged();
  }

  #send(): void {
    const { microphone, paths } = this.#options;
    const track = this.#canSpeak ? microphone.track : null;
    paths.setOutgoing({ track, muted: this.#muted || this.#silenced || track === null });
  }

  get #muted(): boolean {
    const { muted, track } = this.#options.microphone;
    return muted || track === null;
  }
}
