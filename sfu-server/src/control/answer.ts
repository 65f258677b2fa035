import {
  CONTROL_REQUESTS,
  type ControlInput,
  type ControlOutput,
  type ControlRequestName,
} from '@parley/shared/control';
import { type Ack, ParleyError, parse } from '@parley/shared/protocol';
import { type Clock, DeadlineError, type Logger, withDeadline } from '@parley/shared/runtime';
import { type ControlContext, handlers } from './handlers/index.ts';

export interface AnswerOptions {
  /** Deadline of a request, in milliseconds. */
  timeoutMs: number;
  clock: Clock;
  log: Logger;
}

export const isRequestName = (name: string): name is ControlRequestName => Object.hasOwn(CONTROL_REQUESTS, name);

/**
 * Parses a request, hands it to its handler, and makes an answer of whatever comes of it. Never throws; here is
 * the one place where a failure becomes a code of the table.
 */
export async function answer(
  context: ControlContext,
  name: string,
  raw: unknown,
  options: AnswerOptions,
): Promise<Ack<unknown>> {
  try {
    if (!isRequestName(name)) throw new ParleyError('unknown_request');
    return { ok: true, data: await handle(context, name, raw, options) };
  } catch (error) {
    const known = toParleyError(error);
    const level = known.code === 'internal' || known.code === 'timeout' ? 'error' : 'debug';
    options.log[level]('request failed', { request: name, code: known.code, error });
    return { ok: false, error: known.toWire() };
  }
}

function handle<R extends ControlRequestName>(
  context: ControlContext,
  name: R,
  raw: unknown,
  { timeoutMs, clock }: AnswerOptions,
): Promise<ControlOutput<R>> {
  const input = parse(CONTROL_REQUESTS[name].input, raw) as ControlInput<R>;
  return withDeadline(Promise.resolve(handlers[name](context, input)), timeoutMs, name, clock);
}

/** Every failure as a code of the table. */
export function toParleyError(error: unknown): ParleyError {
  if (error instanceof ParleyError) return error;
  if (error instanceof DeadlineError) return new ParleyError('timeout', undefined, { cause: error });
  return new ParleyError('internal', undefined, { cause: error });
}
