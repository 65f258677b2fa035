import { type Ack, ParleyError, parse } from '@parley/shared/protocol';
import { type Clock, type Logger, withDeadline } from '@parley/shared/runtime';
import { toParleyError } from '../control/answer.ts';
import { FLEET_REQUESTS, type FleetInput, type FleetOutput, type FleetRequestName } from './contract.ts';
import { type FleetContext, fleetHandlers } from './requests.ts';

const isRequestName = (name: string): name is FleetRequestName => Object.hasOwn(FLEET_REQUESTS, name);

/**
 * Parses a request of a home, does it, and makes an answer of whatever comes of it. Never throws. What it made by the
 * time nobody waits for the answer any more is unmade.
 */
export async function answer(
  /** `gone`: aborted with the link the request came on. */
  context: Omit<FleetContext, 'signal'> & { gone: AbortSignal },
  name: string,
  raw: unknown,
  { timeoutMs, clock, log }: { timeoutMs: number; clock: Clock; log: Logger },
): Promise<Ack<unknown>> {
  const late = new AbortController();
  try {
    if (!isRequestName(name)) throw new ParleyError('unknown_request');
    const signal = AbortSignal.any([context.gone, late.signal]);
    const data = handle({ ...context, signal }, name, parse(FLEET_REQUESTS[name].input, raw));
    return { ok: true, data: await withDeadline(data, timeoutMs, name, clock) };
  } catch (error) {
    late.abort();
    const known = toParleyError(error);
    const level = known.code === 'internal' || known.code === 'timeout' ? 'error' : 'debug';
    log[level]('request failed', { request: name, code: known.code, error });
    return { ok: false, error: known.toWire() };
  }
}

async function handle<R extends FleetRequestName>(
  context: FleetContext,
  name: R,
  input: unknown,
): Promise<FleetOutput<R>> {
  return fleetHandlers[name](context, input as FleetInput<R>);
}
