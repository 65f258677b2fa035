import type {
  ConnectionState,
  JoinOptions,
  Microphone,
  Moderator,
  Participant,
  ParticipantStats,
  Room,
  RoomEvents,
  RoomStats,
  TopologyKind,
} from '@parley/voice-sdk';
import { NAMES, type Scenario } from './scenario.ts';

const FIGURES: Record<string, Omit<ParticipantStats, 'path'>> = {
  good: { rtt: 24, jitter: 3, jitterBuffer: 45, loss: 0, bitrate: 31_000, mos: 4.41 },
  fair: { rtt: 310, jitter: 28, jitterBuffer: 120, loss: 0.05, bitrate: 28_000, mos: 2.8 },
  poor: { rtt: 680, jitter: 90, jitterBuffer: 240, loss: 0.19, bitrate: 19_000, mos: 1.1 },
};

/** A room in which people take turns to talk about nothing. */
export class FakeRoom implements Room {
  readonly id: string;
  topology: TopologyKind;
  epoch = 1;
  connectionState: ConnectionState = 'connected';
  readonly output = new MediaStream();
  locked = false;
  pinned: readonly string[] = [];
  readonly moderate: Moderator = {
    mute: async (id) => void this.#update(id, { silenced: true }),
    unmute: async (id) => void this.#update(id, { silenced: false }),
    pin: async (id, pinned) => this.#pin(id, pinned),
    remove: (id) => this.#remove(id),
    ban: (id) => this.#remove(id),
    lock: async () => this.#lock(true),
    unlock: async () => this.#lock(false),
    end: async () => this.#emit('closed', { code: 'room_ended', message: 'The room was ended.' }),
  };
  readonly #participants = new Map<string, Participant>();
  readonly #listeners = new Map<string, Set<(...args: never[]) => void>>();
  readonly #scenario: Scenario;
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #turn = 0;

  /** @param first who comes first: another one at every meeting */
  constructor(id: string, name: string, options: JoinOptions, scenario: Scenario, first = 1) {
    this.id = id;
    this.topology = scenario.topology;
    this.#scenario = scenario;
    this.#add(name, { id: 'self', isSelf: true, muted: options.muted ?? false, path: null });
    for (let index = 1; index < scenario.people; index += 1) {
      this.#add(nameOf(index - 1 + first), this.#marks(index));
    }
    this.#timers.push(setInterval(() => this.#passTheWord(), 1800));
    setTimeout(() => this.#passTheWord(), 50);
    setTimeout(() => this.#play(), 1500);
    setTimeout(() => {
      if (scenario.flags.has('blocked')) this.#emit('audioBlocked');
      if (scenario.flags.has('reconnecting')) this.#connection('reconnecting');
    }, 100);
  }

  get self(): Participant {
    return this.#participants.get('self') as Participant;
  }

  get participants(): ReadonlyMap<string, Participant> {
    return this.#participants;
  }

  get muted(): boolean {
    return this.self.muted;
  }

  get deafened(): boolean {
    return this.self.deafened;
  }

  get inputLevel(): number {
    return this.#scenario.level * (0.4 + 0.6 * Math.random());
  }

  levelOf(participantId: string): number {
    return this.#participants.get(participantId)?.speaking ? this.inputLevel : 0;
  }

  setMuted(muted: boolean): void {
    this.#update('self', { muted });
  }

  setDeafened(deafened: boolean): void {
    this.#update('self', { deafened });
  }

  setVolume(participantId: string, volume: number): void {
    this.#update(participantId, { volume });
  }

  async setMicrophone(_microphone: string | Microphone): Promise<void> {
    if (this.#scenario.fail?.endsWith('Error')) throw new DOMException('still no', this.#scenario.fail);
  }

  async startAudio(): Promise<void> {}

  on<E extends keyof RoomEvents>(event: E, listener: (...args: RoomEvents[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    listeners.add(listener as (...args: never[]) => void);
    this.#listeners.set(event, listeners);
    return () => this.off(event, listener);
  }

  off<E extends keyof RoomEvents>(event: E, listener: (...args: RoomEvents[E]) => void): void {
    this.#listeners.get(event)?.delete(listener as (...args: never[]) => void);
  }

  async stats(): Promise<RoomStats> {
    const figures = FIGURES[this.#scenario.quality] ?? FIGURES.good;
    const participants = new Map<string, ParticipantStats>();
    for (const one of this.#participants.values()) {
      if (!one.isSelf && figures) participants.set(one.id, { path: this.topology, ...figures });
    }
    return { participants, sendBitrate: this.muted ? 1200 : 30_000 };
  }

  async leave(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#emit('closed', { code: 'left', message: 'left' });
  }

  async #remove(id: string): Promise<void> {
    const participant = this.#participants.get(id);
    if (!this.#participants.delete(id) || !participant) return;
    this.#emit('participantLeft', participant);
  }

  #lock(locked: boolean): void {
    this.locked = locked;
    this.#emit('roomUpdated', { locked, pinned: this.pinned });
  }

  #pin(id: string, pinned: boolean): void {
    this.#update(id, { pinned });
    this.pinned = [...this.#participants.values()].filter((one) => one.pinned).map((one) => one.id);
    this.#emit('roomUpdated', { locked: this.locked, pinned: this.pinned });
  }

  #play(): void {
    const { flags, end, arrive } = this.#scenario;
    const before = this.#participants.size;
    for (let index = before; index < before + arrive; index += 1) {
      this.#emit('participantJoined', this.#add(nameOf(index), {}));
    }
    if (flags.has('gone')) this.#goAway();
    if (flags.has('move')) this.#move();
    if (flags.has('locked')) this.#lock(true);
    if (flags.has('silenced')) this.#update('self', { silenced: true });
    if (flags.has('mic-ends')) this.#emit('microphoneError', new DOMException('gone', 'NotFoundError'));
    if (end) this.#emit('closed', { code: end, message: `The server says: ${end}.` });
  }

  #goAway(): void {
    for (const one of [...this.#participants.values()].filter(({ isSelf }) => !isSelf)) {
      this.#participants.delete(one.id);
      this.#emit('participantLeft', one);
    }
  }

  #move(): void {
    const from = this.topology;
    this.topology = from === 'mesh' ? 'sfu' : 'mesh';
    this.epoch += 1;
    this.#emit('topologyChanged', this.topology, this.epoch);
    setTimeout(() => {
      const { topology: to, epoch } = this;
      this.#emit('handover', { from, to, epoch, durationMs: 412, silenceMs: 0, speakers: new Map() });
    }, 600);
  }

  #passTheWord(): void {
    const everyone = [...this.#participants.values()].filter((one) => !one.muted && one.connection === 'connected');
    for (const one of this.#participants.values()) if (one.speaking) this.#speak(one.id, false);
    for (let count = 0; count < this.#scenario.talking; count += 1) {
      const one = everyone[(this.#turn + count * 3) % Math.max(1, everyone.length)];
      if (one) this.#speak(one.id, true);
    }
    this.#turn += 1;
  }

  #speak(id: string, speaking: boolean): void {
    this.#emit('speaking', this.#update(id, { speaking }), speaking);
  }

  #connection(state: ConnectionState): void {
    this.connectionState = state;
    this.#emit('connectionState', state);
  }

  #marks(index: number): Partial<Participant> {
    if (!this.#scenario.flags.has('marks')) return { muted: this.#scenario.people > 4 && index % 4 === 2 };
    return {
      muted: index % 3 === 1,
      deafened: index % 5 === 2,
      silenced: index % 6 === 4,
      pinned: index % 4 === 1,
      connection: index % 4 === 3 ? 'reconnecting' : 'connected',
    };
  }

  #add(name: string, rest: Partial<Participant>): Participant {
    const participant: Participant = {
      id: `p${this.#participants.size}`,
      userId: `user-${this.#participants.size}`,
      name,
      metadata: {},
      isSelf: false,
      muted: false,
      deafened: false,
      silenced: false,
      speaking: false,
      connection: 'connected',
      canSpeak: true,
      canListen: true,
      pinned: false,
      path: this.topology,
      volume: 1,
      ...rest,
    };
    this.#participants.set(participant.id, participant);
    return participant;
  }

  #update(id: string, change: Partial<Participant>): Participant {
    const participant = { ...(this.#participants.get(id) as Participant), ...change };
    this.#participants.set(id, participant);
    this.#emit('participantUpdated', participant);
    return participant;
  }

  #emit<E extends keyof RoomEvents>(event: E, ...args: RoomEvents[E]): void {
    for (const listener of this.#listeners.get(event) ?? []) (listener as (...args: RoomEvents[E]) => void)(...args);
  }
}

function nameOf(index: number): string {
  const name = NAMES[(index - 1) % NAMES.length] ?? 'Somebody';
  return index > NAMES.length ? `${name} ${Math.ceil(index / NAMES.length)}` : name;
}
