import type { ServerResponse } from 'node:http';

/** What the demo needs and nothing more. Sockets and the SDK may lead to another host. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self' ws: wss:",
  "media-src 'self' blob: mediastream:",
  "worker-src 'self' blob:",
  "img-src 'self' data:",
  "base-uri 'none'",
  "frame-ancestors 'self'",
  "object-src 'none'",
].join('; ');

/** For every answer. */
export function secure(response: ServerResponse): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'same-origin');
  response.setHeader('Permissions-Policy', 'microphone=(self), camera=(), geolocation=()');
}

/** For pages. */
export function securePage(response: ServerResponse): void {
  response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
}
