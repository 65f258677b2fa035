import { createHmac, timingSafeEqual } from 'node:crypto';
import { IdSchema, ParleyError, RoomIdSchema, TopologySchema, UserIdSchema } from '@parley/shared/protocol';
import type { Clock } from '@parley/shared/runtime';
import * as v from 'valibot';

const Text = v.pipe(v.string(), v.minLength(1), v.maxLength(512));

const ResumePayload = v.object({
  roomId: RoomIdSchema,
  incarnation: Text,
  participantId: IdSchema,
  userId: UserIdSchema,
  name: Text,
  joinId: Text,
});
export type ResumePayload = v.InferOutput<typeof ResumePayload>;

const SfuPath = v.object({ sfuRoomId: Text, nodeId: Text, epoch: v.number() });

const TopologyPayload = v.object({
  roomId: RoomIdSchema,
  incarnation: Text,
  topology: TopologySchema,
  sfu: v.nullable(SfuPath),
  nextSfu: v.nullable(SfuPath),
});
export type TopologyPayload = v.InferOutput<typeof TopologyPayload>;

const GuestPayload = v.object({ userId: UserIdSchema });
const PassPayload = v.object({ roomId: RoomIdSchema, userId: UserIdSchema });

/** How long the room of a match may be entered with its pass. */
const PASS_LIFETIME_MS = 60_000;

const Envelope = v.object({ expires: v.number(), payload: v.unknown() });

/**
 * What members carry for the server, signed: who they are in a room, and the room's topology. A token is
 * `<payload>.<signature>`, both base64url; the signature is HMAC-SHA256 over the kind and the payload, so that one
 * kind is never taken for the other.
 */
export class SessionTokens {
  #secret: string;
  #clock: Clock;
  #lifetimeMs: number;

  constructor(options: { secret: string; clock: Clock; lifetimeMs: number }) {
    this.#secret = options.secret;
    this.#clock = options.clock;
    this.#lifetimeMs = options.lifetimeMs;
  }

  issueResume(payload: ResumePayload): string {
    return this.#issue('resume', payload);
  }

  issueTopology(payload: TopologyPayload): string {
    return this.#issue('topology', payload);
  }

  /** @throws {ParleyError} `resume_rejected` */
  readResume(token: string): ResumePayload {
    return this.#read('resume', ResumePayload, token);
  }

  /** @throws {ParleyError} `resume_rejected` */
  readTopology(token: string): TopologyPayload {
    return this.#read('topology', TopologyPayload, token);
  }

  issueGuest(userId: string): string {
    return this.#issue('guest', { userId });
  }

  /** The guest who was given the token; null when it is none, or too old: they are somebody new then. */
  readGuest(token: string | undefined): string | null {
    if (token === undefined) return null;
    try {
      return this.#read('guest', GuestPayload, token).userId;
    } catch {
      return null;
    }
  }

  /** Lets the user, and nobody else, into the room of a match. */
  issuePass(roomId: string, userId: string): string {
    return this.#issue('pass', { roomId, userId }, PASS_LIFETIME_MS);
  }

  isPass(token: string, roomId: string, userId: string): boolean {
    try {
      const pass = this.#read('pass', PassPayload, token);
      return pass.roomId === roomId && pass.userId === userId;
    } catch {
      return false;
    }
  }

  #issue(kind: string, payload: object, lifetimeMs = this.#lifetimeMs): string {
    const expires = this.#clock.now() + lifetimeMs;
    const body = Buffer.from(JSON.stringify({ expires, payload })).toString('base64url');
    return `${body}.${this.#sign(kind, body).toString('base64url')}`;
  }

  #read<S extends v.GenericSchema>(kind: string, schema: S, token: string): v.InferOutput<S> {
    const dot = token.indexOf('.');
    const body = token.slice(0, dot);
    const given = Buffer.from(token.slice(dot + 1), 'base64url');
    const expected = this.#sign(kind, body);
    if (dot < 1 || given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new ParleyError('resume_rejected');
    }
    const { expires, payload } = v.parse(Envelope, JSON.parse(Buffer.from(body, 'base64url').toString()));
    if (expires <= this.#clock.now()) throw new ParleyError('resume_rejected');
    const parsed = v.safeParse(schema, payload);
    // Ours, but of another version of this server.
    if (!parsed.success) throw new ParleyError('resume_rejected');
    return parsed.output;
  }

  #sign(kind: string, body: string): Buffer {
    return createHmac('sha256', this.#secret).update(`${kind}.${body}`).digest();
  }
}
