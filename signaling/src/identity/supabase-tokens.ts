import { TokenGrantsSchema } from '@parley/shared/access-token';
import { DisplayNameSchema, UserIdSchema } from '@parley/shared/protocol';
import type { Clock, Logger } from '@parley/shared/runtime';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import * as v from 'valibot';
import { RemoteKeys, type RemoteKeysOptions } from './remote-keys.ts';
import { isGuestId, type User } from './user.ts';
import { asRefusal, expiryOf, refused, rules, type TokenVerifier } from './verifier.ts';

export interface SupabaseTokensOptions {
  /** The project, such as `https://abc.supabase.co`, without a slash at the end. */
  url: string;
  /** The shared secret of a project that still signs with one (HS256). */
  legacySecret: string | undefined;
  clock: Clock;
  logger: Logger;
  keys?: Partial<RemoteKeysOptions>;
}

const PUBLIC_KEY_ALGORITHMS = ['ES256', 'RS256'] as const;

/** What an access token of Supabase Auth says, as far as it concerns us. */
const Claims = v.object({
  sub: v.pipe(
    UserIdSchema,
    v.check((id) => !isGuestId(id), 'is a guest'),
  ),
  /** The user may change this: good for a name, and for nothing else. */
  user_metadata: v.optional(v.looseObject({})),
  /** Only the project's own backend may change this. */
  app_metadata: v.optional(v.looseObject({ parley: v.optional(v.object({ grants: v.optional(TokenGrantsSchema) })) })),
});

/**
 * Supabase's access tokens. A public key verifies nothing but ES256 and RS256, the legacy secret nothing but HS256:
 * what a token calls its algorithm decides only which of the two refuses it.
 */
export class SupabaseTokens implements TokenVerifier {
  readonly #issuer: string;
  readonly #clock: Clock;
  readonly #keys: RemoteKeys;
  readonly #legacySecret: Uint8Array | undefined;

  constructor({ url, legacySecret, clock, logger, keys }: SupabaseTokensOptions) {
    this.#issuer = `${url}/auth/v1`;
    this.#clock = clock;
    this.#keys = new RemoteKeys({ ...keys, url: new URL(`${this.#issuer}/.well-known/jwks.json`), clock, logger });
    this.#legacySecret = legacySecret === undefined ? undefined : new TextEncoder().encode(legacySecret);
  }

  knows(issuer: string): boolean {
    return issuer === this.#issuer;
  }

  async verify(token: string): Promise<User> {
    const payload = (await this.#openWithSecret(token)) ?? (await this.#openWithPublicKey(token));
    const expiresAt = expiryOf(payload, this.#clock);
    const claims = v.safeParse(Claims, payload);
    if (!claims.success) {
      const [issue] = claims.issues;
      throw refused(`${v.getDotPath(issue) ?? 'it'}: ${issue.message}`);
    }
    const { sub: id, user_metadata: chosen = {}, app_metadata: given } = claims.output;
    const grants = given?.parley?.grants ?? v.parse(TokenGrantsSchema, {});
    return { id, kind: 'supabase', name: nameIn(chosen), metadata: {}, grants, room: null, expiresAt };
  }

  /** Null: there is no such secret, or the token was not signed with one. */
  async #openWithSecret(token: string): Promise<JWTPayload | null> {
    if (!this.#legacySecret) return null;
    try {
      const { payload } = await jwtVerify(token, this.#legacySecret, this.#rules(['HS256']));
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEAlgNotAllowed) return null;
      throw asRefusal(error);
    }
  }

  async #openWithPublicKey(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, this.#keys.key, this.#rules(PUBLIC_KEY_ALGORITHMS));
      return payload;
    } catch (error) {
      throw asRefusal(error);
    }
  }

  #rules(algorithms: readonly string[]) {
    return { ...rules(this.#clock, algorithms, this.#issuer), audience: 'authenticated' };
  }
}

/** As the usual providers and sign-up forms store it. */
function nameIn(metadata: Record<string, unknown>): string | null {
  for (const key of ['name', 'full_name', 'user_name', 'preferred_username']) {
    const name = v.safeParse(DisplayNameSchema, metadata[key]);
    if (name.success) return name.output;
  }
  return null;
}
