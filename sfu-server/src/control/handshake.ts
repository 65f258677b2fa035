import {
  ControlHandshakeSchema,
  isProof,
  type LinkChallenge,
  type LinkProof,
  LinkProofSchema,
  type LinkTerms,
  proofOf,
} from '@parley/shared/control';
import { ParleyError, parse } from '@parley/shared/protocol';
import { type Clock, randomId, withDeadline } from '@parley/shared/runtime';
import type { Holder } from '../rooms/holders.ts';

/** A caller that has not proven itself by then is hung up on, in milliseconds. */
const PROOF_MS = 5_000;

/** Socket.IO's, on the side that is called, as far as proving takes it. */
export interface UnprovenSocket {
  readonly nsp: { readonly name: string };
  readonly handshake: { readonly auth: unknown };
  emitWithAck(event: 'link:challenge', challenge: LinkChallenge): Promise<unknown>;
  emit(event: 'link:proof', proof: LinkProof): unknown;
}

/**
 * Who is calling. Both ends show each other that they know the secret, the caller first.
 * @throws {ParleyError} `unauthorized`, whatever is wrong: a stranger learns nothing from the difference.
 */
export async function authenticate(socket: UnprovenSocket, secret: string, clock: Clock): Promise<Holder> {
  try {
    const handshake = parse(ControlHandshakeSchema, socket.handshake.auth);
    const challenge = randomId();
    const terms: LinkTerms = { ...handshake, namespace: socket.nsp.name, challenge };
    const asked = socket.emitWithAck('link:challenge', { challenge });
    const { proof } = parse(LinkProofSchema, await withDeadline(asked, PROOF_MS, 'the proof of a caller', clock));
    if (!isProof(proof, 'caller', secret, terms)) throw new Error('the caller does not know the secret');
    socket.emit('link:proof', { proof: proofOf('called', secret, terms) });
    return { nodeId: handshake.nodeId, instanceId: handshake.instanceId };
  } catch (cause) {
    throw new ParleyError('unauthorized', 'The caller did not prove itself.', { cause });
  }
}
