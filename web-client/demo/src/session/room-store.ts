import type { ConnectionState, HandoverReport, Participant, Room, TopologyKind } from '@parley/voice-sdk';
import { type Failure, failureOf, MICROPHONE_LOST, microphoneFailureOf, NO_RELAY } from '../text/failures.ts';
import { DEFAULT_MICROPHONE, type MicrophoneChoice, NO_MICROPHONE, toMicrophone } from './microphone-choice.ts';
import type { NoticeBoard } from './notice-board.ts';
import { Store } from './store.ts';

/** A move between mesh and SFU that this listener lived through. */
export interface Move extends Pick<HandoverReport, 'to' | 'silenceMs' | 'durationMs' | 'epoch'> {
  readonly at: Date;
}

/** All that the room page shows, as one immutable value. */
export interface RoomView {
  readonly id: string;
  readonly topology: TopologyKind;
  readonly connection: ConnectionState;
  /** Ourselves first, then in order of arrival. */
  readonly participants: readonly Participant[];
  readonly muted: boolean;
  readonly deafened: boolean;
  /** A moderator took the word from us. */
  readonly silenced: boolean;
  /** Nobody new may come in. */
  readonly locked: boolean;
  readonly audioBlocked: boolean;
  readonly microphone: MicrophoneChoice;
  readonly problem: Failure | null;
  /** The newest first. */
  readonly moves: readonly Move[];
}

const MAX_MOVES = 5;

/** Follows a room's events and keeps the one value that the page is drawn from. */
export class RoomStore extends Store<RoomView> {
  readonly room: Room;
  /** Whether one may moderate here. */
  readonly isModerator: boolean;
  readonly notices: NoticeBoard;
  readonly #offs: (() => void)[];

  constructor(room: Room, notices: NoticeBoard, microphone: MicrophoneChoice, isModerator = false) {
    super({
      id: room.id,
      topology: room.topology,
      connection: room.connectionState,
      participants: inOrder(room),
      muted: room.muted,
      deafened: room.deafened,
      silenced: room.self.silenced,
      locked: room.locked,
      audioBlocked: false,
      microphone,
      problem: null,
      moves: [],
    });
    this.room = room;
    this.isModerator = isModerator;
    this.notices = notices;
    const refresh = () => this.#refresh();
    this.#offs = [
      room.on('participantUpdated', refresh),
      room.on('speaking', refresh),
      room.on('participantJoined', (participant) => {
        refresh();
        if (!participant.isSelf) notices.joined(participant.name);
      }),
      room.on('participantLeft', (participant) => {
        refresh();
        if (!participant.isSelf) notices.left(participant.name);
      }),
      room.on('roomUpdated', ({ locked }) => {
        if (locked === this.getSnapshot().locked) return;
        this.#patch({ locked });
        notices.show(locked ? 'The room is locked now.' : 'The room is open again.', 'room');
      }),
      room.on('connectionState', (connection) => this.#connectionChanged(connection)),
      room.on('topologyChanged', (topology, epoch) => {
        this.#refresh();
        // The handover's report says the same and more, when there is one; it may come before or after.
        if (this.getSnapshot().moves[0]?.epoch !== epoch) notices.show(movedTo(topology), 'topology');
      }),
      room.on('handover', (report) => this.#handover(report)),
      room.on('audioBlocked', () => this.#patch({ audioBlocked: true })),
      room.on('microphoneError', (error) => this.#microphoneLost(error)),
      room.on('relayUnavailable', () => this.#patch({ problem: NO_RELAY })),
    ];
  }

  setMuted(muted: boolean): void {
    this.room.setMuted(muted);
    this.#refresh();
  }

  /** Unmuting without a microphone asks for one first. */
  async toggleMuted(): Promise<void> {
    if (this.getSnapshot().muted && this.getSnapshot().microphone === NO_MICROPHONE) {
      if (!(await this.setMicrophone(DEFAULT_MICROPHONE))) return;
    }
    this.setMuted(!this.room.muted);
  }

  toggleDeafened(): void {
    this.room.setDeafened(!this.room.deafened);
    this.#refresh();
  }

  setVolume(participantId: string, volume: number): void {
    this.room.setVolume(participantId, volume);
    this.#refresh();
  }

  /** Lets someone be heard whenever they speak, or no longer. */
  async pin(participantId: string, pinned: boolean): Promise<void> {
    try {
      await this.room.moderate.pin(participantId, pinned);
    } catch (error) {
      const isFull = (error as { code?: unknown }).code === 'conflict';
      this.notices.show(isFull ? 'No more people can be pinned.' : failureOf(error).title, 'pin');
    }
  }

  /** @returns whether the microphone is in use now; if not, `problem` says why. */
  async setMicrophone(choice: MicrophoneChoice): Promise<boolean> {
    try {
      await this.room.setMicrophone(toMicrophone(choice));
    } catch (error) {
      this.#patch({ problem: microphoneFailureOf(error) });
      return false;
    }
    // Others should see at once that nothing will be heard from here.
    if (choice === NO_MICROPHONE) this.room.setMuted(true);
    this.#patch({ microphone: choice, problem: null, ...readings(this.room) });
    return true;
  }

  async startAudio(): Promise<void> {
    try {
      await this.room.startAudio();
      this.#patch({ audioBlocked: false });
    } catch (error) {
      this.#patch({ problem: failureOf(error) });
    }
  }

  dismissProblem(): void {
    this.#patch({ problem: null });
  }

  /** Stops following; the room itself is left by whoever joined it. */
  close(): void {
    for (const off of this.#offs.splice(0)) off();
  }

  #handover({ to, silenceMs, durationMs, epoch }: HandoverReport): void {
    const move: Move = { to, silenceMs, durationMs, epoch, at: new Date() };
    this.#patch({ moves: [move, ...this.getSnapshot().moves].slice(0, MAX_MOVES), ...readings(this.room) });
    this.notices.show(`${movedTo(to)} · ${Math.round(silenceMs)} ms of silence`, 'topology');
  }

  #connectionChanged(connection: ConnectionState): void {
    const isRelayFound = connection === 'connected' && this.getSnapshot().problem === NO_RELAY;
    this.#patch({ connection, ...(isRelayFound ? { problem: null } : {}) });
  }

  #microphoneLost(error: Error): void {
    this.room.setMuted(true);
    // `NotFoundError` is what the SDK says of one that ended.
    const problem = error.name === 'NotFoundError' ? MICROPHONE_LOST : microphoneFailureOf(error);
    this.#patch({ microphone: NO_MICROPHONE, problem, ...readings(this.room) });
  }

  #refresh(): void {
    this.#patch(readings(this.room));
  }

  #patch(change: Partial<RoomView>): void {
    this.set({ ...this.getSnapshot(), ...change });
  }
}

function movedTo(topology: TopologyKind): string {
  return topology === 'sfu' ? 'Moved to SFU' : 'Moved to P2P';
}

function readings(room: Room): Pick<RoomView, 'topology' | 'participants' | 'muted' | 'deafened' | 'silenced'> {
  const { topology, muted, deafened } = room;
  return { topology, participants: inOrder(room), muted, deafened, silenced: room.self.silenced };
}

function inOrder(room: Room): readonly Participant[] {
  const everyone = [...room.participants.values()];
  return [...everyone.filter((one) => one.isSelf), ...everyone.filter((one) => !one.isSelf)];
}
