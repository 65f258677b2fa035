/**
 * The CSRC (RFC 3550, 5.1) that marks a participant's packets in a speaker slot: 32 bits made of his id, never 0.
 * FNV-1a over the id's UTF-16 code units, then MurmurHash3's finaliser, since FNV alone leaves ids that differ in
 * their last character close together.
 *
 * Two of n people share one with odds of about n² / 2³³: 1 in 8,600 among 1,000, 1 in 86 among 10,000. Whoever
 * maps it back must hold that for possible: then two people's rings light up together, and nobody is silent.
 */
export function csrcOf(participantId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < participantId.length; i++) {
    const unit = participantId.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0 || 1;
}
