import { createHash, timingSafeEqual } from 'node:crypto';
import { ParleyError, parse } from '@parley/shared/protocol';
import * as v from 'valibot';
import type { Holder } from '../rooms/holders.ts';

const HandshakeSchema = v.object({
  nodeId: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  instanceId: v.optional(v.pipe(v.string(), v.maxLength(64)), ''),
  secret: v.pipe(v.string(), v.maxLength(1024)),
});

/**
 * Who is calling.
 * @throws {ParleyError} `unauthorized`, whatever is wrong: a stranger learns nothing from the difference.
 */
export function authenticate(auth: unknown, secret: string): Holder {
  let handshake: v.InferOutput<typeof HandshakeSchema>;
  try {
    handshake = parse(HandshakeSchema, auth);
  } catch (cause) {
    throw new ParleyError('unauthorized', 'The control secret was not accepted.', { cause });
  }
  if (!sameSecret(handshake.secret, secret)) {
    throw new ParleyError('unauthorized', 'The control secret was not accepted.');
  }
  return { nodeId: handshake.nodeId, instanceId: handshake.instanceId };
}

/** Hashed first: timingSafeEqual wants equal lengths, and the length is nobody's business either. */
function sameSecret(given: string, expected: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}
