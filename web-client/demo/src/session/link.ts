/** The room a link points to: `/?room=NAME` or `/r/NAME`; empty when it names none. */
export function roomFromUrl(url: URL): string {
  const query = url.searchParams.get('room');
  if (query !== null) return query.trim();
  const path = /^\/r\/([^/]+)\/?$/.exec(url.pathname)?.[1];
  if (path === undefined) return '';
  try {
    return decodeURIComponent(path).trim();
  } catch {
    return '';
  }
}

/** The access token a link brings along, after `#token=`, which is sent to no server; undefined: a guest. */
export function tokenFromUrl(url: URL): string | undefined {
  return new URLSearchParams(url.hash.slice(1)).get('token') ?? undefined;
}

/** The link that brings others to a room. */
export function roomLink(origin: string, room: string): string {
  return `${origin}/?room=${encodeURIComponent(room)}`;
}

/** True where the link only works on this very computer, so that the page can say so. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127\./.test(hostname);
}
