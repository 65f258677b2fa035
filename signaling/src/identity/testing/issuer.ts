import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

/** An issuer of tokens with keys of its own, whose public ones it serves over HTTP as Supabase Auth does. */
export class TestIssuer {
  readonly url: string;
  /** How often its keys were asked for. */
  asked = 0;
  /** How it answers. */
  mode: 'keys' | 'error' | 'silence' | 'garbage' = 'keys';
  readonly #now: () => number;
  readonly #pairs = new Map<string, { alg: string; pair: KeyPair }>();
  readonly #served: JWK[] = [];

  private constructor(url: string, now: () => number) {
    this.url = url;
    this.#now = now;
  }

  /** On a free port, with one ES256 key called `es` and one RS256 key called `rs`. */
  static async start(t: TestContext, now: () => number = Date.now): Promise<TestIssuer> {
    const server = createServer((request, response) => {
      if (request.url !== '/auth/v1/.well-known/jwks.json') return void response.writeHead(404).end();
      issuer.asked++;
      if (issuer.mode === 'silence') return;
      response.writeHead(issuer.mode === 'error' ? 503 : 200, { 'Content-Type': 'application/json' });
      response.end(issuer.mode === 'garbage' ? '<html>' : JSON.stringify({ keys: issuer.#served }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    const issuer = new TestIssuer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, now);
    await issuer.addKey('es', 'ES256');
    await issuer.addKey('rs', 'RS256');
    return issuer;
  }

  async addKey(kid: string, alg: string): Promise<void> {
    const pair = await generateKeyPair(alg, { extractable: true });
    this.#pairs.set(kid, { alg, pair });
    this.#served.push({ ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' });
  }

  publicKey(kid: string): JWK {
    const key = this.#served.find((it) => it.kid === kid);
    if (!key) throw new Error(`no key ${kid}`);
    return key;
  }

  get claims(): JWTPayload {
    const now = Math.floor(this.#now() / 1000);
    return {
      iss: `${this.url}/auth/v1`,
      aud: 'authenticated',
      sub: '3f8b7f0e-0000-4000-8000-000000000001',
      role: 'authenticated',
      iat: now,
      exp: now + 3600,
    };
  }

  /** A token as Supabase makes it, with some claims changed. */
  async token(kid: string, changes: JWTPayload = {}, header: { kid?: string; alg?: string } = {}): Promise<string> {
    const { alg, pair } = this.#pairs.get(kid) ?? (await this.#stranger());
    return new SignJWT({ ...this.claims, ...changes })
      .setProtectedHeader({ alg, kid, typ: 'JWT', ...header })
      .sign(pair.privateKey);
  }

  async #stranger() {
    return { alg: 'ES256', pair: await generateKeyPair('ES256', { extractable: true }) };
  }
}

/** A token with any header at all, signed with an HMAC key or not at all. */
export async function forge(header: object, payload: object, key: string | Uint8Array | null): Promise<string> {
  const { createHmac } = await import('node:crypto');
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part(header)}.${part(payload)}`;
  return `${signed}.${key === null ? '' : createHmac('sha256', key).update(signed).digest('base64url')}`;
}
