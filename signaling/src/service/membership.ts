import { type ErrorCode, type JoinResult, ParleyError, type RoomSnapshot } from '@parley/shared/protocol';
import type { Clock } from '@parley/shared/runtime';
import type { IceServers } from '../ice/ice-servers.ts';
import { mayEnter, standingOf } from '../identity/user.ts';
import {
  type Arrival,
  admissionTo,
  barrierTo,
  type FoundSfus,
  isPathOf,
  memberByJoinId,
  memberOf,
  type RoomState,
  type Speaker,
  snapshotOf,
  toTakeOver,
} from '../rooms/index.ts';
import type { DepartureStore } from '../store/departure-store.ts';
import type { SessionTokens } from '../tokens/session-tokens.ts';
import type { Session } from './audience.ts';
import type { Decision, Deliberation, Findings } from './deliberation.ts';
import { KeyedQueue } from './keyed-queue.ts';
import type { Leavings } from './leavings.ts';
import type { Ledger } from './ledger.ts';

/** A node without room for another room is asked again after this, in ms. */
const FULL_RETRY_MS = 10_000;

/** Why a leaving may go unheard: the store is away, or has lost the room and is about to be told of it again. */
const OUT: ReadonlySet<ErrorCode> = new Set(['store_unavailable', 'not_in_room']);

export interface MembershipOptions {
  ledger: Ledger;
  deliberation: Deliberation;
  tokens: SessionTokens;
  departures: DepartureStore;
  leavings: Leavings;
  clock: Clock;
  /** Of this signaling node. */
  nodeId: string;
  ice: IceServers;
  maxRooms: number;
  /** The room may say something to the outside world before long. */
  expectHooks: (roomId: string) => Promise<void>;
  /** Whether rooms may be lost while this process lives on. */
  storeMayForget: boolean;
  /** Whether bans let a user in. @throws {ParleyError} `banned`, `room_ended` */
  checkBans: (roomId: string, userId: string, incarnation: string | null) => Promise<void>;
  newId: () => string;
}

/** A request to come in. `isOver`: nobody waits for its answer any more. */
export interface Entrance {
  session: Session;
  roomId: string;
  muted: boolean;
  deafened: boolean;
  isOver: () => boolean;
}

/** Who is in which room: coming in, coming back, going. */
export class Membership {
  #options: MembershipOptions;
  #startedAt: number;
  /** One after the other per connection and room: what one request takes back must not be what the next was given. */
  #entrances = new KeyedQueue();

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
  }

  async join(request: Entrance & { name: string; joinId: string }): Promise<JoinResult> {
    const { ledger, newId, nodeId, clock } = this.#options;
    const { roomId, name, joinId, muted, deafened, session } = request;
    const { user } = session;
    if (!mayEnter(user, roomId)) throw new ParleyError('not_allowed');
    const face = { ...standingOf(user), name: user.name ?? name, muted, deafened };
    const passesLock = user.grants.moderate;
    const arrival: Arrival = { memberId: newId(), ...face, joinId, sessionId: session.id, nodeId, passesLock };
    const incarnation = newId();
    // Members of the room as it was before a restart, of this node or of the store, may still be on their way.
    const youngFrom = this.#options.storeMayForget ? clock.now() : this.#startedAt;
    const youngUntil = youngFrom + ledger.settings.healingMs;
    // Until they have had an answer, nobody but this request knows of them: it can take them out again.
    const undo = async (memberId: string) => {
      const speaker = { memberId, sessionId: session.id };
      if (memberId === arrival.memberId) await ledger.apply(roomId, { type: 'leave', ...speaker });
      else await this.disconnect(roomId, speaker);
    };
    return this.#enter(request, null, undo, (state, { sfu }) => {
      const comes = state === null || !memberByJoinId(state, joinId);
      const welcome = comes && !(state && barrierTo(state, arrival, clock.now()));
      if (sfu === undefined && welcome && this.#needsSfu(state)) return { need: 'sfu' };
      const young = clock.now() < youngUntil ? youngUntil : null;
      return { type: 'join', arrival, sfu: sfu ?? null, incarnation, youngUntil: young };
    });
  }

  /** @throws {ParleyError} `resume_rejected`: join anew */
  async resume(request: Entrance & { resumeToken: string; topologyToken: string }): Promise<JoinResult> {
    const { nodeId, clock } = this.#options;
    const { roomId, muted, deafened, session } = request;
    const { resume, memory } = await this.#readTokens(request);
    const { participantId: memberId, name, joinId } = resume;
    const { user } = session;
    if (resume.userId !== user.id) throw new ParleyError('resume_rejected');
    if (!mayEnter(user, roomId)) throw new ParleyError('not_allowed');
    const face = { ...standingOf(user), name: user.name ?? name, muted, deafened };
    const arrival: Arrival = { memberId, ...face, joinId, sessionId: session.id, nodeId, passesLock: true };
    const { roomId: _, ...remembered } = memory;
    const undo = () => this.disconnect(roomId, { memberId, sessionId: session.id });
    return this.#enter({ ...request, joinId }, memory.incarnation, undo, (state, { sfu, contents }) => {
      const of = toTakeOver(state, remembered, clock.now()).find((it) => contents[it.sfuRoomId] === undefined);
      if (of) return { need: 'contents', of };
      const comes = state !== null && state.healingUntil === null && !Object.hasOwn(state.members, memberId);
      if (sfu === undefined && comes && this.#needsSfu(state)) return { need: 'sfu' };
      return { type: 'resume', arrival, remembered, found: present(contents), sfu: sfu ?? null };
    });
  }

  /** Leaves at once; there is nothing to resume after it. What the store cannot be told now, `Upkeep` tells it later. */
  async leave(session: Session, roomId: string, speaker: Speaker): Promise<void> {
    const { deliberation, departures, leavings } = this.#options;
    // Whatever comes of it, this connection has nothing more to hear.
    session.exit(roomId);
    try {
      await deliberation.commit(roomId, () => ({ type: 'leave', ...speaker }));
      await departures.add(speaker.memberId);
    } catch (error) {
      const isOut = error instanceof ParleyError && OUT.has(error.code);
      if (!isOut) throw error;
      leavings.add(speaker.memberId);
    }
  }

  /** The connection is gone; whoever spoke through it may resume. */
  async disconnect(roomId: string, speaker: Speaker): Promise<void> {
    await this.#options.ledger.apply(roomId, { type: 'disconnect', ...speaker });
  }

  async update(roomId: string, speaker: Speaker, change: { muted: boolean; deafened: boolean }): Promise<void> {
    const { muted, deafened } = change;
    await this.#options.deliberation.commit(roomId, () => ({ type: 'update', ...speaker, muted, deafened }));
  }

  /** What the room knows of the user follows their renewed token. */
  async renew({ user }: Session, roomId: string, speaker: Speaker): Promise<void> {
    const renewed = { type: 'renewed', ...speaker, name: user.name, standing: standingOf(user) } as const;
    await this.#options.deliberation.commit(roomId, () => renewed);
  }

  async ready(roomId: string, speaker: Speaker, epoch: number): Promise<void> {
    await this.#options.deliberation.commit(roomId, () => ({ type: 'ready', ...speaker, epoch }));
  }

  /** @throws {ParleyError} `sfu_unavailable` */
  async requestSfu(roomId: string, speaker: Speaker, epoch: number, region: string | undefined): Promise<void> {
    const decide = (state: RoomState | null, { sfu }: Findings): Decision => {
      const needed = state?.topology.phase === 'mesh' && isPathOf(state, 'mesh', epoch) && memberOf(state, speaker);
      if (sfu === undefined && needed) return { need: 'sfu' };
      return { type: 'requestSfu', ...speaker, epoch, sfu: sfu ?? null };
    };
    await this.#options.deliberation.commit(roomId, decide, region);
  }

  async snapshot(roomId: string, speaker: Speaker): Promise<RoomSnapshot> {
    const { state } = await this.memberIn(roomId, speaker);
    return this.#snapshotOf(state);
  }

  /** The room and the member for whom this connection speaks. @throws {ParleyError} `not_in_room` */
  async memberIn(roomId: string, speaker: Speaker) {
    const state = await this.#options.ledger.store.read(roomId);
    const member = state ? memberOf(state, speaker) : undefined;
    if (!state || !member) throw new ParleyError('not_in_room');
    return { state, member };
  }

  #enter(
    entrance: Entrance & { joinId: string },
    remembered: string | null,
    undo: (memberId: string) => Promise<void>,
    decide: (state: RoomState | null, findings: Findings) => Decision,
  ): Promise<JoinResult> {
    const { session, roomId } = entrance;
    return this.#entrances.run(JSON.stringify([session.id, roomId]), () =>
      this.#enterNow(entrance, remembered, undo, decide),
    );
  }

  async #enterNow(
    { session, roomId, joinId, isOver }: Entrance & { joinId: string },
    remembered: string | null,
    undo: (memberId: string) => Promise<void>,
    decide: (state: RoomState | null, findings: Findings) => Decision,
  ): Promise<JoinResult> {
    const { tokens, ice } = this.#options;
    // Not before it is this request's turn: what those before it have left of a claim is known only now.
    if (!session.claim(roomId, joinId)) throw new ParleyError('already_in_room');
    // From here on, so that nothing is missed between being let in and hearing.
    session.expect(roomId);
    const whyGone = () => {
      if (session.isOpen && !isOver()) return null;
      return new ParleyError(session.isOpen ? 'timeout' : 'connection_lost');
    };
    // Asked whenever it is decided, anew after another node was faster: they may have come in through another connection.
    const admission = this.#admit(roomId, session, remembered, (state, findings) => {
      const gone = whyGone();
      if (gone) throw gone;
      return decide(state, findings);
    });
    const { state, result } = await admission.catch((error: unknown) => {
      session.disclaim(roomId);
      throw error;
    });
    const member = result.ok && result.memberId !== null ? state?.members[result.memberId] : undefined;
    if (!state || !member) throw new Error('admitted to a room without becoming its member');
    session.enter(roomId, member);
    const gone = whyGone();
    if (gone) {
      session.exit(roomId);
      await undo(member.id);
      throw gone;
    }
    const { id: participantId, userId, name } = member;
    return {
      selfId: participantId,
      resumeToken: tokens.issueResume({ roomId, incarnation: state.incarnation, participantId, userId, name, joinId }),
      snapshot: this.#snapshotOf(state),
      ...ice.issue(session),
    };
  }

  async #admit(
    roomId: string,
    session: Session,
    remembered: string | null,
    decide: (state: RoomState | null, findings: Findings) => Decision,
  ) {
    const { ledger, deliberation, checkBans, expectHooks } = this.#options;
    const following = ledger.store.follow(roomId);
    const checked = Promise.all([
      following.then(() => this.#isTooMany(roomId)),
      checkBans(roomId, session.user.id, remembered),
      expectHooks(roomId),
    ]);
    const [isTooMany] = await checked;
    if (isTooMany) throw new ParleyError('server_full', undefined, { retryAfterMs: FULL_RETRY_MS });
    return deliberation.commit(roomId, decide, session.region);
  }

  async #isTooMany(roomId: string): Promise<boolean> {
    const { ledger, maxRooms } = this.#options;
    return (await ledger.store.read(roomId)) === null && (await ledger.store.count()) >= maxRooms;
  }

  #needsSfu(state: RoomState | null): boolean {
    return state !== null && admissionTo(state, this.#options.ledger.settings) === 'needsSfu';
  }

  #snapshotOf(state: RoomState): RoomSnapshot {
    return { ...snapshotOf(state), topologyToken: this.#options.ledger.signTopology(state) };
  }

  async #readTokens(of: { roomId: string; resumeToken: string; topologyToken: string }) {
    const { roomId, resumeToken, topologyToken } = of;
    const { tokens, departures } = this.#options;
    const resume = tokens.readResume(resumeToken);
    const memory = tokens.readTopology(topologyToken);
    // They may name the room differently: only the topology's token is renewed when it turns out to be another one.
    const together = resume.roomId === roomId && memory.roomId === roomId;
    if (!together || (await departures.has(resume.participantId))) throw new ParleyError('resume_rejected');
    return { resume, memory };
  }
}

/** Without what was asked for in vain. */
function present(contents: Findings['contents']): FoundSfus {
  return Object.fromEntries(Object.entries(contents).flatMap(([id, it]) => (it ? [[id, it]] : [])));
}
