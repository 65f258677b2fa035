import type { SfuSession, SfuSessionOptions } from './sfu-session.ts';

/**
 * Opens a session; all that it takes is a chunk of its own, loaded when a room first needs the SFU.
 * @throws {ParleyError} when the SFU or signaling refuses
 */
export async function openSession(options: SfuSessionOptions): Promise<SfuSession> {
  const [{ SfuSession }, opened] = await Promise.all([import('./sfu-session.ts'), options.request('sfu:open', {})]);
  return SfuSession.begin(options, opened);
}
