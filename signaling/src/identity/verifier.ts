import { ParleyError } from '@parley/shared/protocol';
import type { Clock } from '@parley/shared/runtime';
import { decodeJwt, errors, type JWTPayload, type JWTVerifyOptions } from 'jose';
import type { User } from './user.ts';

/** Turns tokens of one kind of issuer into users. */
export interface TokenVerifier {
  /** Whether tokens of that issuer are its own; nothing has been proven yet. */
  knows(issuer: string): boolean;
  /** @throws {ParleyError} `unauthorized`, `token_expired`, or `identity_unavailable`, which may pass */
  verify(token: string): Promise<User>;
}

/** How far the clock that made a token may be ahead of ours. */
const CLOCK_SKEW_S = 10;

/** What every kind of token is held to; `algorithms` says which, since a token's own word for it counts for nothing. */
export function rules(clock: Clock, algorithms: readonly string[], issuer: string): JWTVerifyOptions {
  return {
    algorithms: [...algorithms],
    issuer,
    requiredClaims: ['sub', 'exp'],
    clockTolerance: CLOCK_SKEW_S,
    currentDate: new Date(clock.now()),
  };
}

/** When the token ends, in ms. @throws {ParleyError} `token_expired`: the skew is for what is not yet valid only */
export function expiryOf({ exp = 0 }: JWTPayload, clock: Clock): number {
  if (exp * 1000 <= clock.now()) throw new ParleyError('token_expired');
  return exp * 1000;
}

/** The issuer a token names; nobody vouches for it yet. @throws {ParleyError} `unauthorized` */
export function issuerOf(token: string): string {
  try {
    const { iss } = decodeJwt(token);
    if (typeof iss === 'string') return iss;
  } catch {
    // Garbage has no issuer either.
  }
  throw refused('it names no issuer');
}

export function refused(why: string, cause?: unknown): ParleyError {
  return new ParleyError('unauthorized', `The token was not accepted: ${why}.`, { cause });
}

/** What a failed verification means to the client; what is no verdict on the token is passed on. */
export function asRefusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return new ParleyError('token_expired', undefined, { cause: error });
  // Of jose's messages the ones about claims name the claim; none carries a key or any of the token.
  if (error instanceof errors.JOSEError) return refused(error.message, error);
  return error;
}
