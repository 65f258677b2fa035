import type { IncomingMessage } from 'node:http';

/** Who may talk to this server: its own pages, those of the allowed origins, and whatever is no browser. */
export class OriginPolicy {
  #allowed: ReadonlySet<string>;

  /** @param allowed origins such as `https://app.example.org`; `*` stands for all. */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed);
  }

  allows(request: Pick<IncomingMessage, 'headers'>): boolean {
    const { origin, host } = request.headers;
    if (origin === undefined) return true;
    return this.isListed(origin) || hostOf(origin) === host?.toLowerCase();
  }

  /** Whether an origin is one of the allowed ones (the server's own is not known here). */
  isListed(origin: string): boolean {
    return this.#allowed.has('*') || this.#allowed.has(origin);
  }
}

/** Compared without the scheme: behind a proxy that ends TLS, only the page knows it. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
