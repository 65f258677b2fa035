import { ParleyError } from '@parley/shared/protocol';
import { DeadlineError } from '@parley/shared/runtime';

/** Whatever was thrown, as a failure of the one table. */
export function asParleyError(error: unknown): ParleyError {
  if (error instanceof ParleyError) return error;
  if (error instanceof DeadlineError) return new ParleyError('timeout', undefined, { cause: error });
  return new ParleyError('internal', undefined, { cause: error });
}
