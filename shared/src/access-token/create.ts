import { createHmac } from 'node:crypto';
import * as v from 'valibot';
import type { Grants } from '../protocol/index.ts';
import { type AccessTokenClaims, AccessTokenClaimsSchema } from './claims.ts';

export interface AccessTokenOptions {
  /** One of the server's `API_KEYS`, and its secret. */
  apiKey: string;
  apiSecret: string;
  /** Who it is for; one user has one connection. Must not begin with `guest:`. */
  userId: string;
  /** The name the others see; without it people name themselves. */
  name?: string;
  /** A small map of strings that the others see: at most 16 entries, 1024 characters in all. */
  metadata?: Record<string, string>;
  /** The one room it opens; any when left out. */
  room?: string;
  /** Default: join, speak and listen. */
  grants?: Partial<Grants>;
  /** How long it holds, in seconds; default 10 minutes. The client asks for a new one before it ends. */
  expiresInSeconds?: number;
}

const DEFAULT_LIFETIME_S = 600;

/**
 * Makes an access token: a JWT (RFC 7519), signed with HS256.
 * @throws {TypeError} which names the option that is wrong
 */
export function createAccessToken(options: AccessTokenOptions, now: () => number = Date.now): string {
  const { apiKey, apiSecret, userId, name, metadata, room, grants, expiresInSeconds = DEFAULT_LIFETIME_S } = options;
  if (!apiSecret) throw new TypeError('apiSecret is missing');
  if (!(expiresInSeconds > 0)) throw new TypeError('expiresInSeconds must be more than 0');
  const iat = Math.floor(now() / 1000);
  const exp = iat + Math.ceil(expiresInSeconds);
  const claims: AccessTokenClaims = { iss: apiKey, sub: userId, name, metadata, room, grants, iat, exp };
  const checked = v.safeParse(AccessTokenClaimsSchema, claims);
  if (!checked.success) {
    const [issue] = checked.issues;
    throw new TypeError(`${OPTION_OF[v.getDotPath(issue) ?? ''] ?? v.getDotPath(issue)}: ${issue.message}`);
  }
  const head = part({ alg: 'HS256', typ: 'JWT', kid: apiKey });
  const signed = `${head}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', apiSecret).update(signed).digest('base64url')}`;
}

const OPTION_OF: Record<string, string> = { iss: 'apiKey', sub: 'userId' };

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
