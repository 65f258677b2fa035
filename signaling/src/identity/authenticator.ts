import { ParleyError } from '@parley/shared/protocol';
import type { SessionTokens } from '../tokens/session-tokens.ts';
import { guest, type User } from './user.ts';
import { issuerOf, refused, type TokenVerifier } from './verifier.ts';

export interface AuthenticatorOptions {
  verifiers: readonly TokenVerifier[];
  /** Whether people without an access token may come. */
  guests: boolean;
  tokens: SessionTokens;
  newId: () => string;
}

/** What a client shows in its handshake. */
export interface Credentials {
  token: string | undefined;
  /** Lets a guest who comes back be the same one. */
  session: string | undefined;
}

/** Who somebody is, and what lets them be the same when they come back. */
export interface Authenticated {
  user: User;
  /** Signed, for a guest; null for whoever has an access token. */
  session: string | null;
}

/** Finds out who is there. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** @throws {ParleyError} `unauthorized`, `token_expired`, `identity_unavailable` */
  async authenticate({ token, session }: Credentials): Promise<Authenticated> {
    // Whoever shows a token is nobody else: a bad one makes no guest.
    if (token !== undefined) return { user: await this.verify(token), session: null };
    const { guests, tokens, newId } = this.#options;
    if (!guests) throw new ParleyError('unauthorized', 'An access token is needed here.');
    const user = guest(tokens.readGuest(session) ?? newId());
    return { user, session: tokens.issueGuest(user.id) };
  }

  /** @throws {ParleyError} `unauthorized`, `token_expired`, `identity_unavailable` */
  async verify(token: string): Promise<User> {
    const issuer = issuerOf(token);
    const verifier = this.#options.verifiers.find((it) => it.knows(issuer));
    if (!verifier) throw refused('its issuer is unknown here');
    return verifier.verify(token);
  }
}
