import assert from 'node:assert/strict';
import type {
  Ack,
  ErrorCode,
  JoinResult,
  RequestInput,
  RequestName,
  RequestOutput,
  RoomEvent,
  RoomSnapshot,
  ServerEvent,
} from '@parley/shared/protocol';
import { PROTOCOL_VERSION, SERVER_EVENTS } from '@parley/shared/protocol';
import { io, type Socket } from 'socket.io-client';
import * as v from 'valibot';
import { until } from './until.ts';

export interface TestClientOptions {
  auth?: Record<string, unknown>;
  headers?: Record<string, string>;
  reconnection?: boolean;
}

const MATCH_NEWS = ['match:found', 'match:ready', 'match:requeued', 'match:closed'] as const;

/** What a client hears of its match. */
type MatchNews = {
  [N in (typeof MATCH_NEWS)[number]]: { name: N; event: ServerEvent<N> };
}[(typeof MATCH_NEWS)[number]];

let joins = 0;
let instances = 0;

/** A client that does what it is told, and keeps all it hears. Every event it gets must fit its schema. */
export class TestClient {
  readonly socket: Socket;
  readonly events: ServerEvent<'room:event'>[] = [];
  readonly signals: ServerEvent<'mesh:signal'>[] = [];
  readonly closed: ServerEvent<'room:closed'>[] = [];
  readonly appEvents: ServerEvent<'app:event'>[] = [];
  readonly moves: ServerEvent<'session:move'>[] = [];
  readonly lost: ServerEvent<'sfu:lost'>[] = [];
  readonly expiring: ServerEvent<'session:expiring'>[] = [];
  /** Who the server says this is; of the newest connection. */
  welcome: ServerEvent<'session:welcome'> | undefined;
  welcomedAt: number | undefined;
  /** Why the server ended the session. */
  ended: ServerEvent<'session:closed'> | undefined;
  readonly #auth: Record<string, unknown>;
  readonly presence: ServerEvent<'presence:changed'>[] = [];
  readonly matching: MatchNews[] = [];
  roomId = '';
  name = '';
  joinId = '';
  joined: JoinResult | undefined;

  constructor(
    url: string,
    { auth = { versions: [PROTOCOL_VERSION] }, headers = {}, reconnection = false }: TestClientOptions = {},
  ) {
    this.#auth = { instance: `instance-${++instances}`, ...auth };
    this.socket = io(url, {
      transports: ['websocket'],
      auth: this.#auth,
      extraHeaders: headers,
      reconnection,
      forceNew: true,
    });
    this.socket.on('room:event', (event) => this.events.push(v.parse(SERVER_EVENTS['room:event'], event)));
    this.socket.on('app:event', (event) => this.appEvents.push(v.parse(SERVER_EVENTS['app:event'], event)));
    this.socket.on('mesh:signal', (event) => this.signals.push(v.parse(SERVER_EVENTS['mesh:signal'], event)));
    this.socket.on('sfu:lost', (event) => this.lost.push(v.parse(SERVER_EVENTS['sfu:lost'], event)));
    this.socket.on('session:move', (event) => this.moves.push(v.parse(SERVER_EVENTS['session:move'], event)));
    this.socket.on('presence:changed', (event) =>
      this.presence.push(v.parse(SERVER_EVENTS['presence:changed'], event)),
    );
    for (const name of MATCH_NEWS) {
      this.socket.on(name, (event) =>
        this.matching.push({ name, event: v.parse(SERVER_EVENTS[name], event) } as MatchNews),
      );
    }
    this.socket.on('session:welcome', (event) => {
      this.welcome = v.parse(SERVER_EVENTS['session:welcome'], event);
      this.welcomedAt = Date.now();
    });
    this.socket.on('session:expiring', (event) =>
      this.expiring.push(v.parse(SERVER_EVENTS['session:expiring'], event)),
    );
    this.socket.on('session:closed', (event) => {
      this.ended = v.parse(SERVER_EVENTS['session:closed'], event);
    });
    this.socket.on('room:closed', (event) => this.closed.push(v.parse(SERVER_EVENTS['room:closed'], event)));
  }

  /** Until the server has said who this is. */
  connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.socket.connected && this.welcome) return resolve();
      this.socket.once('session:welcome', () => resolve());
      this.socket.once('connect_error', reject);
    });
  }

  /** Connects anew, as the same client and the same guest as `other`. */
  async become(other: TestClient): Promise<void> {
    assert.ok(other.welcome, 'the other one was not welcomed');
    const { instance } = other.#auth;
    Object.assign(this.#auth, { instance, session: other.welcome.session ?? undefined });
    this.socket.disconnect();
    this.welcome = undefined;
    this.socket.connect();
    await this.connected();
  }

  get userId(): string {
    assert.ok(this.welcome, 'was not welcomed');
    return this.welcome.userId;
  }

  /** Any event with any argument; what the acknowledgement says. */
  ask(name: string, input: unknown): Promise<Ack<unknown>> {
    return this.socket.timeout(15_000).emitWithAck(name, input);
  }

  async request<R extends RequestName>(name: R, input: RequestInput<R>): Promise<RequestOutput<R>> {
    const answer = (await this.ask(name, input)) as Ack<RequestOutput<R>>;
    assert.ok(answer.ok, `${name}: ${JSON.stringify(answer)}`);
    return answer.data;
  }

  /** The code with which a request is refused. */
  async refusal(name: string, input: unknown): Promise<ErrorCode> {
    const answer = await this.ask(name, input);
    assert.ok(!answer.ok, `${name} was not refused`);
    return answer.error.code;
  }

  async join(roomId: string, name: string, joinId = `join-id-${++joins}`): Promise<JoinResult> {
    Object.assign(this, { roomId, name, joinId });
    this.joined = await this.request('room:join', { roomId, name, muted: false, deafened: false, joinId });
    return this.joined;
  }

  /** Takes up the membership of another client, or of this one before. */
  async resume(from: TestClient): Promise<JoinResult> {
    if (this.welcome?.userId !== from.welcome?.userId) await this.become(from);
    Object.assign(this, { roomId: from.roomId, name: from.name, joinId: from.joinId });
    this.joined = await this.request('room:resume', from.resumeInput);
    return this.joined;
  }

  get resumeInput(): RequestInput<'room:resume'> {
    assert.ok(this.joined);
    return {
      roomId: this.roomId,
      muted: false,
      deafened: false,
      resumeToken: this.joined.resumeToken,
      topologyToken: this.topologyToken,
    };
  }

  get id(): string {
    assert.ok(this.joined, 'has not joined');
    return this.joined.selfId;
  }

  /** The newest one heard. */
  get topologyToken(): string {
    const last = this.heard.findLast((event) => event.type === 'topologyChanged');
    return last?.type === 'topologyChanged' ? last.topologyToken : (this.joined?.snapshot.topologyToken ?? '');
  }

  get heard(): RoomEvent[] {
    return this.events.map(({ event }) => event);
  }

  snapshot(): Promise<RoomSnapshot> {
    return this.snapshotOf(this.roomId);
  }

  snapshotOf(roomId: string): Promise<RoomSnapshot> {
    return this.request('room:snapshot', { roomId });
  }

  /** Waits for news of a match, the `count`th of its kind; returns it. */
  async hearsMatch<N extends MatchNews['name']>(name: N, count = 1): Promise<ServerEvent<N>> {
    const found = () => this.matching.filter((news) => news.name === name)[count - 1];
    await until(`${name} to be heard`, () => found() !== undefined);
    return found()?.event as ServerEvent<N>;
  }

  /** Waits for a room event; returns it. */
  async hears<T extends RoomEvent['type']>(
    type: T,
    matches: (event: Extract<RoomEvent, { type: T }>) => boolean = () => true,
  ): Promise<Extract<RoomEvent, { type: T }>> {
    const find = () =>
      this.heard.find(
        (event): event is Extract<RoomEvent, { type: T }> => event.type === type && matches(event as never),
      );
    await until(`${this.name} to hear ${type}`, () => find() !== undefined);
    const found = find();
    assert.ok(found);
    return found;
  }

  /** Waits for a topology in this phase; returns its epoch. */
  async reaches(phase: string): Promise<number> {
    const { topology } = await this.hears('topologyChanged', (event) => event.topology.phase === phase);
    return topology.epoch;
  }

  close(): void {
    this.socket.disconnect();
  }

  /** Drops the connection without a word, as a cut cable does. */
  cut(): void {
    (this.socket.io.engine.transport as unknown as { ws: { terminate(): void } }).ws.terminate();
  }
}
