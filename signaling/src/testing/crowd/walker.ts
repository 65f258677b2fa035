import {
  type Ack,
  type JoinResult,
  ParleyError,
  PROTOCOL_VERSION,
  type RequestInput,
  type RequestName,
  type RequestOutput,
  type RoomEvent,
  type RoomSnapshot,
  SERVER_EVENTS,
} from '@parley/shared/protocol';
import { failWhenCut } from '@parley/shared/runtime';
import { io, type Socket } from 'socket.io-client';
import * as v from 'valibot';
import { View } from './view.ts';

const ANSWER_DEADLINE_MS = 10_000;
const RETRY_MS = 150;
const KEPT_EARLY_EVENTS = 100;

/** A membership, from the first attempt to join on. */
interface Stay {
  readonly roomId: string;
  readonly joinId: string;
  muted: boolean;
  /** It has said that it leaves, and may have been heard. */
  isLeaving: boolean;
  /** Null until the join was answered. */
  joined: JoinResult | null;
  topologyToken: string;
  view: View | null;
}

/**
 * A client without media that behaves as docs/protocol.md asks: it resumes on new sockets, follows the numbered events,
 * and says again what could not be said. What it wants is what is to be true in the end.
 */
export class Walker {
  readonly name: string;
  /** What should never have happened to it. */
  readonly complaints: string[] = [];
  readonly #socket: Socket;
  #stay: Stay | null = null;
  /** Who it was before: a guest stays the same over connections. */
  #session: string | undefined;
  #joins = 0;
  /** Counts sockets: what was begun on an earlier one is not waited for. */
  #round = 0;
  #isAttached = false;
  #isGone = false;
  #isFetching = false;
  #early: unknown[] = [];

  constructor(name: string, url: string) {
    this.name = name;
    this.#socket = io(url, {
      transports: ['websocket'],
      forceNew: true,
      auth: (tell) => tell({ versions: [PROTOCOL_VERSION], instance: `instance-of-${name}`, session: this.#session }),
      reconnectionDelay: 100,
      reconnectionDelayMax: 500,
    });
    failWhenCut(this.#socket.io);
    this.#socket.on('connect', () => {
      this.#round += 1;
      void this.#attach(this.#round);
    });
    this.#socket.on('disconnect', (reason) => {
      this.#round += 1;
      this.#isAttached = false;
      if (reason === 'io server disconnect' && !this.#isGone) this.#socket.connect();
    });
    this.#socket.on('connect_error', () => {
      // Refused by a server, it would not be tried again.
      if (!this.#socket.active && !this.#isGone) this.#later(() => this.#socket.connect());
    });
    this.#socket.on('session:welcome', ({ session }) => {
      this.#session = session ?? undefined;
    });
    this.#socket.on('session:closed', ({ code }) => this.#complain(`was sent away: ${code}`));
    this.#socket.on('session:move', ({ withinMs }) => this.#later(() => this.drop(), Math.random() * withinMs));
    this.#socket.on('room:event', (event) => this.#hear(event));
    this.#socket.on('room:closed', ({ roomId, code }) => {
      if (this.#stay?.roomId === roomId) this.#complain(`was told that ${roomId} is closed to it: ${code}`);
    });
  }

  get roomId(): string | null {
    return this.#stay?.joined ? this.#stay.roomId : null;
  }

  get muted(): boolean {
    return this.#stay?.muted ?? false;
  }

  get selfId(): string {
    return this.#stay?.joined?.selfId ?? '';
  }

  get view(): View | null {
    return this.#stay?.view ?? null;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Connected, and a member where it wants to be one. */
  get isSettled(): boolean {
    return this.#isAttached && this.#stay?.view?.isStale !== true;
  }

  async join(roomId: string): Promise<void> {
    this.#joins += 1;
    const joinId = `${this.name}-join-${this.#joins}`;
    const blank = { muted: false, isLeaving: false, joined: null, topologyToken: '', view: null };
    const stay: Stay = { roomId, joinId, ...blank };
    this.#stay = stay;
    await this.#untilDone('join', async () => {
      const joined = await this.#ask('room:join', { roomId, name: this.name, muted: false, deafened: false, joinId });
      this.#enter(stay, joined);
    });
  }

  async leave(): Promise<void> {
    const stay = this.#stay;
    if (!stay) return;
    stay.isLeaving = true;
    await this.#untilDone('leave', async () => {
      await this.#ask('room:leave', { roomId: stay.roomId });
    });
    if (this.#stay === stay) this.#stay = null;
  }

  async setMuted(muted: boolean): Promise<void> {
    const stay = this.#stay;
    if (!stay) return;
    stay.muted = muted;
    await this.#untilDone('mute', async () => {
      await this.#ask('self:update', { roomId: stay.roomId, muted, deafened: false });
    });
  }

  snapshot(): Promise<RoomSnapshot> {
    return this.#ask('room:snapshot', { roomId: this.#stay?.roomId ?? '' });
  }

  /** Its network drops without a word; it comes back by itself. */
  drop(): void {
    const transport = this.#socket.io.engine?.transport as unknown as { ws?: { terminate(): void } } | undefined;
    transport?.ws?.terminate();
  }

  /** Its network drops without a word, for good. */
  vanish(): void {
    this.#isGone = true;
    this.#socket.io.reconnection(false);
    this.drop();
    this.#socket.disconnect();
  }

  /** On every new socket: back into the room, as often as it takes. */
  async #attach(round: number): Promise<void> {
    while (round === this.#round) {
      const stay = this.#stay;
      if (!stay?.joined) break;
      const { roomId, muted, joined, topologyToken } = stay;
      try {
        const input = { roomId, muted, deafened: false, resumeToken: joined.resumeToken, topologyToken };
        const resumed = await this.#ask('room:resume', input);
        if (round !== this.#round) return;
        if (resumed.selfId !== joined.selfId) this.#complain(`was ${joined.selfId} and is ${resumed.selfId}`);
        this.#enter(stay, resumed);
        break;
      } catch (error) {
        if (round !== this.#round) return;
        if (!(error instanceof ParleyError && error.retryable)) {
          if (!stay.isLeaving) this.#complain(`could not resume in ${roomId}: ${String(error)}`);
          if (this.#stay === stay) this.#stay = null;
          break;
        }
        await pause(RETRY_MS);
      }
    }
    if (round === this.#round) this.#isAttached = true;
  }

  /** Says it again, on whatever socket there is, until it has been heard. */
  async #untilDone(what: string, attempt: () => Promise<void>): Promise<void> {
    const stay = this.#stay;
    while (!this.#isGone && this.#stay === stay) {
      try {
        if (this.#isAttached) return await attempt();
      } catch (error) {
        if (!(error instanceof ParleyError && error.retryable)) {
          // A socket that was lost meanwhile was answered in its old room's terms.
          if (this.#isAttached) return this.#complain(`could not ${what}: ${String(error)}`);
        }
      }
      await pause(RETRY_MS);
    }
  }

  async #ask<R extends RequestName>(name: R, input: RequestInput<R>): Promise<RequestOutput<R>> {
    if (!this.#socket.connected) throw new ParleyError('connection_lost');
    const socket = this.#socket.timeout(ANSWER_DEADLINE_MS) as unknown as {
      emitWithAck(name: string, input: unknown): Promise<Ack<RequestOutput<R>>>;
    };
    const answer = await socket.emitWithAck(name, input).catch((cause: unknown) => {
      if (this.#socket.connected) this.#complain(`had no answer to ${name}`);
      throw new ParleyError('connection_lost', undefined, { cause });
    });
    if (answer.ok) return answer.data;
    throw ParleyError.fromWire(answer.error);
  }

  #enter(stay: Stay, joined: JoinResult): void {
    stay.joined = joined;
    stay.topologyToken = joined.snapshot.topologyToken;
    if (stay.view) stay.view.reset(joined.snapshot);
    else stay.view = new View(joined.snapshot);
    const early = this.#early;
    this.#early = [];
    for (const event of early) this.#hear(event);
  }

  #hear(message: unknown): void {
    const event = v.parse(SERVER_EVENTS['room:event'], message);
    const stay = this.#stay;
    if (stay?.roomId !== event.roomId) return;
    if (!stay.view) {
      if (this.#early.length < KEPT_EARLY_EVENTS) this.#early.push(message);
      return;
    }
    stay.view.apply(event);
    this.#noteTopology(stay, event.event);
    if (stay.view.isStale) void this.#fetch(stay, stay.view);
  }

  #noteTopology(stay: Stay, event: RoomEvent): void {
    if (event.type === 'topologyChanged') stay.topologyToken = event.topologyToken;
  }

  /** After a gap in the numbers. */
  async #fetch(stay: Stay, view: View): Promise<void> {
    if (this.#isFetching) return;
    this.#isFetching = true;
    const round = this.#round;
    while (view.isStale && this.#stay === stay && this.#round === round && !this.#isGone) {
      try {
        const snapshot = await this.#ask('room:snapshot', { roomId: stay.roomId });
        if (this.#stay !== stay || this.#round !== round) break;
        view.reset(snapshot);
        stay.topologyToken = snapshot.topologyToken;
      } catch (error) {
        if (!(error instanceof ParleyError && error.retryable)) {
          const isIn = this.#stay === stay && this.#round === round && !stay.isLeaving;
          if (isIn) this.#complain(`had no snapshot: ${String(error)}`);
          break;
        }
        await pause(RETRY_MS);
      }
    }
    this.#isFetching = false;
  }

  #complain(what: string): void {
    if (!this.#isGone) this.complaints.push(`${this.name} ${what}`);
  }

  #later(act: () => void, ms = RETRY_MS): void {
    setTimeout(() => {
      if (!this.#isGone) act();
    }, ms);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
