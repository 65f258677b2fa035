import * as v from 'valibot';
import { randomId } from '../runtime/random-id.ts';
import {
  type ControlHandshake,
  isProof,
  LinkChallengeSchema,
  type LinkProof,
  LinkProofSchema,
  type LinkTerms,
  proofOf,
} from './proof.ts';

/** The side of a link that opens it, and opens it again: proves itself, and has the other side prove itself. */
export class LinkCaller {
  readonly #secret: string;
  readonly #terms: LinkTerms;
  #isProven = false;

  /** `nodeId` and `instanceId` are the caller's. */
  constructor(options: { namespace: string; nodeId: string; instanceId: string; secret: string }) {
    const { secret, ...names } = options;
    this.#secret = secret;
    this.#terms = { ...names, nonce: '', challenge: '' };
  }

  /** Whether the other side of the present link knows the secret. What comes before is a stranger's word. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /** Begins a link: the `auth` of Socket.IO. */
  handshake(): ControlHandshake {
    this.#isProven = false;
    this.#terms.challenge = '';
    this.#terms.nonce = randomId();
    const { nodeId, instanceId, nonce } = this.#terms;
    return { nodeId, instanceId, nonce };
  }

  /** The acknowledgement of `link:challenge`. @throws {v.ValiError} */
  answer(challenge: unknown): LinkProof {
    this.#terms.challenge = v.parse(LinkChallengeSchema, challenge).challenge;
    return { proof: proofOf('caller', this.#secret, this.#terms) };
  }

  /** Takes `link:proof`; returns `isProven`. False: hang up. */
  verify(proof: unknown): boolean {
    const { success, output } = v.safeParse(LinkProofSchema, proof);
    this.#isProven =
      success && this.#terms.challenge !== '' && isProof(output.proof, 'called', this.#secret, this.#terms);
    return this.#isProven;
  }
}
