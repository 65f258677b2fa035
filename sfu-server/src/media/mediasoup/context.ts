import type { types } from 'mediasoup';
import type { WorkerCall } from '../call.ts';
import type { MediaCounts } from '../ports.ts';

/** What every adapter of one worker shares. */
export interface MediasoupContext {
  call: WorkerCall;
  counts: MediaCounts;
  webRtcServer: types.WebRtcServer;
  /** Seconds. */
  iceConsentTimeout: number;
}

/** What mediasoup's side of a WebRtcServer keeps, by id: more than its types say, and more than it should (router.ts). */
export const keptBy = (server: types.WebRtcServer): Map<string, unknown> =>
  (server as unknown as { webRtcTransportsForTesting: Map<string, unknown> }).webRtcTransportsForTesting;

interface Closable {
  close(): void;
  observer: { once(event: 'close', listener: () => void): unknown };
}

/**
 * Has the worker make an object, counts it until mediasoup says it is closed, by whichever way, and closes it
 * when it comes after the deadline.
 */
export function make<T extends Closable>(
  context: MediasoupContext,
  kind: keyof MediaCounts,
  what: string,
  making: Promise<T>,
): Promise<T> {
  const made = making.then((object) => {
    context.counts[kind]++;
    object.observer.once('close', () => {
      context.counts[kind]--;
    });
    return object;
  });
  return context.call(what, made, (late) => late.close());
}
