import { loadSfu } from '../parts.ts';
import type { Mix } from '../playback/slots.ts';
import type { SfuSession, SfuSessionOptions } from './sfu-session.ts';

/**
 * Opens a session, and brings what plays its slots.
 * @throws {ParleyError} when the SFU or signaling refuses
 */
export async function openSession(options: SfuSessionOptions): Promise<{ session: SfuSession; mix: Mix }> {
  const [{ SfuSession, Slots }, opened] = await Promise.all([loadSfu(), options.request('sfu:open', {})]);
  const session = await SfuSession.begin(options, opened);
  return { session, mix: (slots) => new Slots(slots) };
}
