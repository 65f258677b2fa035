import type { MeetSession } from './meet.ts';

/** What there may be to say about someone; `none`: nothing, one only does not want to meet them again. */
export const COMPLAINTS = [
  { value: 'none', label: 'I just do not want to meet them again' },
  { value: 'insults', label: 'Insults or threats' },
  { value: 'hate', label: 'Hate' },
  { value: 'sexual', label: 'Sexual harassment' },
  { value: 'spam', label: 'Spam, advertising, a recording' },
  { value: 'child', label: 'A child who should not be here' },
  { value: 'other', label: 'Something else' },
] as const;
export type Complaint = (typeof COMPLAINTS)[number]['value'];

/** What the server is told; it takes 1,000 characters. */
export function reasonOf(complaint: Exclude<Complaint, 'none'>, words: string): string {
  const said = words.trim().slice(0, 500);
  return said === '' ? complaint : `${complaint}: ${said}`;
}

/**
 * Reports, blocks, and goes on to someone else. The report first: what comes to nothing must not look as if it had been
 * made. @throws what the SDK throws; then nothing has changed here, and it can be tried again.
 */
export async function settle(
  session: Pick<MeetSession, 'block' | 'report' | 'next'>,
  { userId, complaint, words }: { userId: string; complaint: Complaint; words: string },
): Promise<void> {
  if (complaint !== 'none') await session.report(userId, reasonOf(complaint, words));
  await session.block(userId);
  session.next(
    complaint === 'none'
      ? 'You are not put through to them again.'
      : 'Thank you. You are not put through to them again.',
  );
}
