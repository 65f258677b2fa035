import { createHash, createHmac } from 'node:crypto';

/** What TURN servers are sure to take as it is: they meet text of other kinds with rules of their own. */
const PLAIN = /^[!-~]{1,128}$/;

interface TurnCredentials {
  username: string;
  credential: string;
}

/**
 * What lets a user in at a TURN server that has the same secret (draft-uberti-behave-turn-rest-00): a name that says until
 * when, and for whom, so that the server can count what each user has; and the HMAC of it.
 * @param expiresAt in ms since the epoch
 */
export function turnCredentials(secret: string, userId: string, expiresAt: number): TurnCredentials {
  const name = PLAIN.test(userId) ? userId : createHash('sha256').update(userId).digest('base64url');
  const username = `${Math.floor(expiresAt / 1000)}:${name}`;
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') };
}
