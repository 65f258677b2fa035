import { AccessTokenClaimsSchema } from '@parley/shared/access-token';
import type { Clock } from '@parley/shared/runtime';
import { jwtVerify } from 'jose';
import * as v from 'valibot';
import type { User } from './user.ts';
import { asRefusal, expiryOf, issuerOf, refused, rules, type TokenVerifier } from './verifier.ts';

export interface AccessTokensOptions {
  /** API key -> secret. */
  keys: ReadonlyMap<string, string>;
  clock: Clock;
  /** A token may end this far ahead, in ms: one that leaks is of use no longer. */
  maxLifetimeMs: number;
}

/** Tokens that an integrator's backend signs (HS256) with an API key's secret; the issuer is the key. */
export class AccessTokens implements TokenVerifier {
  readonly #keys: ReadonlyMap<string, Uint8Array>;
  readonly #options: AccessTokensOptions;

  constructor(options: AccessTokensOptions) {
    const encoder = new TextEncoder();
    this.#keys = new Map([...options.keys].map(([key, secret]) => [key, encoder.encode(secret)]));
    this.#options = options;
  }

  knows(issuer: string): boolean {
    return this.#keys.has(issuer);
  }

  async verify(token: string): Promise<User> {
    const { clock, maxLifetimeMs } = this.#options;
    const payload = await this.#open(token);
    const expiresAt = expiryOf(payload, clock);
    if (expiresAt > clock.now() + maxLifetimeMs) throw refused(`"exp" is more than ${maxLifetimeMs} ms ahead`);
    const claims = v.safeParse(AccessTokenClaimsSchema, payload);
    if (!claims.success) {
      const [issue] = claims.issues;
      throw refused(`${v.getDotPath(issue) ?? 'it'}: ${issue.message}`);
    }
    const { sub: id, name = null, metadata = {}, room = null, grants } = claims.output;
    return { id, kind: 'token', name, metadata, grants, room, expiresAt };
  }

  async #open(token: string) {
    const { clock } = this.#options;
    const issuer = issuerOf(token);
    const secret = this.#keys.get(issuer);
    if (!secret) throw refused('its issuer is unknown here');
    try {
      const { payload, protectedHeader } = await jwtVerify(token, secret, rules(clock, ['HS256'], issuer));
      if (protectedHeader.kid !== undefined && protectedHeader.kid !== issuer) throw refused('"kid" is not its issuer');
      return payload;
    } catch (error) {
      throw asRefusal(error);
    }
  }
}
