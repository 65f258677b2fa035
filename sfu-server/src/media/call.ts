import { ParleyError } from '@parley/shared/protocol';
import { type Clock, DeadlineError, withDeadline } from '@parley/shared/runtime';
import * as mediasoupErrors from 'mediasoup/errors';

/**
 * Waits for what a worker was asked, at most for the deadline: mediasoup itself waits for ever.
 * @param what names the call in errors.
 * @param work the call, already made.
 * @param undo what to do with a result that comes after the deadline, when nobody waits for it.
 * @throws {ParleyError} `timeout`, `sfu_unavailable` (the worker died), `not_found` (it knows no such object);
 * anything else as it came.
 */
export type WorkerCall = <T>(what: string, work: Promise<T>, undo?: (late: T) => void) => Promise<T>;

/** Makes a `WorkerCall` with a deadline of `ms` milliseconds. */
export function createWorkerCall(ms: number, clock: Clock): WorkerCall {
  return async (what, work, undo) => {
    try {
      return await withDeadline(work, ms, what, clock);
    } catch (error) {
      if (error instanceof DeadlineError) {
        // The worker may still do it: what it then makes belongs to nobody.
        work.then(undo, () => {});
        throw new ParleyError('timeout', `The media worker did not answer (${what}).`, { cause: error });
      }
      if (error instanceof mediasoupErrors.WorkerClosedError) {
        throw new ParleyError('sfu_unavailable', 'The media worker died.', { cause: error });
      }
      if (error instanceof mediasoupErrors.NotFoundError) {
        throw new ParleyError('not_found', undefined, { cause: error });
      }
      throw error;
    }
  };
}

/**
 * For calls that carry what a client sent: mediasoup refuses with TypeError or UnsupportedError what the
 * schema let through but the media cannot be (an unknown payload type, no SSRC).
 */
export async function refusing<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TypeError || error instanceof mediasoupErrors.UnsupportedError) {
      throw new ParleyError('invalid_request', `${path}: ${error.message}`, { path, cause: error });
    }
    throw error;
  }
}
