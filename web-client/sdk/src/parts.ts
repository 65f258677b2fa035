import { ParleyError } from '@parley/shared/protocol';
import { type Clock, systemClock, withDeadline } from '@parley/shared/runtime';

/** How long one attempt to load a part may take, in ms. */
const LOAD_DEADLINE_MS = 10_000;
/** Waits between attempts, in ms. */
const RETRY_MS = [300, 1_000, 3_000];

/*
 * Parts of the SDK that few pages need, or none at once: each is a file of its own, loaded when it is asked for. What a
 * call may come to need is asked for as soon as it stands: later the network may be what is broken, or the server may
 * have files of another build.
 */
export const loadSfu = () => loadPart(() => import('./sfu/chunk.ts'));
export const loadMatch = () => loadPart(() => import('./match/match.ts'));
export const loadPresence = () => loadPart(() => import('./presence/presence.ts'));
export const loadReporting = () => loadPart(() => import('./room/reporting.ts'));

/** @throws {ParleyError} `connection_lost` when it cannot be had, after some attempts */
export async function loadPart<T>(load: () => Promise<T>, clock: Clock = systemClock): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await withDeadline(load(), LOAD_DEADLINE_MS, 'a part of the SDK', clock);
    } catch (cause) {
      const wait = RETRY_MS[attempt];
      if (wait === undefined)
        throw new ParleyError('connection_lost', 'A part of the SDK cannot be loaded.', { cause });
      await new Promise<void>((resolve) => clock.after(wait, resolve));
    }
  }
}
