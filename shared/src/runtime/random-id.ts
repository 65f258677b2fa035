/**
 * A random id of 128 bits in base64url, 22 characters. Unlike `crypto.randomUUID` it is there on pages
 * without https too.
 */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
