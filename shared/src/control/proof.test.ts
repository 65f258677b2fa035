import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProof, type LinkTerms, proofOf } from './proof.ts';

const terms: LinkTerms = {
  namespace: '/control',
  nodeId: 'signaling-1',
  instanceId: 'one',
  nonce: 'n'.repeat(22),
  challenge: 'c'.repeat(22),
};

test('who knows the secret proves it, and nobody else does', () => {
  const proof = proofOf('called', 'secret', terms);
  assert.ok(isProof(proof, 'called', 'secret', terms));
  assert.ok(!isProof(proof, 'called', 'another', terms));
  for (const wrong of ['', 'secret', proof.slice(1), `${proof}AAAA`]) {
    assert.ok(!isProof(wrong, 'called', 'secret', terms), wrong);
  }
});

test('a proof is no proof of the other end, of another link, or of another caller', () => {
  const proof = proofOf('caller', 'secret', terms);
  assert.ok(!isProof(proof, 'called', 'secret', terms));
  for (const name of Object.keys(terms)) {
    assert.ok(!isProof(proof, 'caller', 'secret', { ...terms, [name]: 'something else' }), name);
  }
});

test('the secret is not in the proof', () => {
  assert.ok(!proofOf('caller', 'secret', terms).includes('secret'));
});
