import { createHmac, timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import { NodeIdSchema } from './node.ts';

const Nonce = v.pipe(v.string(), v.minLength(16), v.maxLength(64));
const Proof = v.pipe(v.string(), v.maxLength(128));

/** What who opens a link puts into the Socket.IO handshake (`auth`). The secret itself never crosses the wire. */
export const ControlHandshakeSchema = v.object({
  /** Names the caller: leases are held by it. */
  nodeId: NodeIdSchema,
  /**
   * Tells this process from an earlier one of the same `nodeId` (random at start). With it, a restarted node holds only
   * the rooms it opens or adopts; without it, all that its predecessor held.
   */
  instanceId: v.optional(v.pipe(v.string(), v.maxLength(64)), ''),
  /** Random, new for each link. */
  nonce: Nonce,
});
export type ControlHandshake = v.InferOutput<typeof ControlHandshakeSchema>;

/** `link:challenge`, the first thing the node that is called says: what the caller is to prove itself with. */
export const LinkChallengeSchema = v.object({ challenge: Nonce });
export type LinkChallenge = v.InferOutput<typeof LinkChallengeSchema>;

/**
 * The caller's acknowledgement of it, and then `link:proof`, with which the node that is called proves itself: to callers
 * that have. Before both, nothing is asked or told on a link.
 */
export const LinkProofSchema = v.object({ proof: Proof });
export type LinkProof = v.InferOutput<typeof LinkProofSchema>;

/** What both ends have said in the clear. A proof holds for these words only, and so for one link. */
export interface LinkTerms extends ControlHandshake {
  /** The Socket.IO namespace: a proof for one kind of link is none for another. */
  namespace: string;
  challenge: string;
}

/** Which end a proof is of: what one end shows cannot be shown back to it. */
export type LinkEnd = 'caller' | 'called';

/** Shows that an end of a link knows the secret (HMAC-SHA256 of the terms). */
export function proofOf(end: LinkEnd, secret: string, terms: LinkTerms): string {
  return mac(end, secret, terms).toString('base64url');
}

/** Whether `proof` is that of who knows the secret. */
export function isProof(proof: string, end: LinkEnd, secret: string, terms: LinkTerms): boolean {
  const [given, expected] = [Buffer.from(proof, 'base64url'), mac(end, secret, terms)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function mac(end: LinkEnd, secret: string, terms: LinkTerms): Buffer {
  const { namespace, nodeId, instanceId, nonce, challenge } = terms;
  const words = JSON.stringify([end, namespace, nodeId, instanceId, nonce, challenge]);
  return createHmac('sha256', secret).update(words).digest();
}
