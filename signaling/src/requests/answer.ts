import { type Ack, ParleyError, parse, REQUESTS, type RequestName } from '@parley/shared/protocol';
import { type Clock, type Logger, withDeadline } from '@parley/shared/runtime';
import { asParleyError } from '../failure.ts';
import type { Caller, Handler, Services } from './context.ts';
import { HANDLERS } from './index.ts';

export interface AnswerOptions {
  services: Services;
  clock: Clock;
  logger: Logger;
  /** Every request is answered by then. */
  deadlineMs: number;
  /** Lets a request pass, or throws what it is refused with. */
  admit: () => Promise<void>;
}

/**
 * Parses a request, has it handled, and makes an answer of whatever comes of it. Never throws: this is the one place
 * where a failure becomes a code of the table.
 */
export async function answer(
  caller: Caller,
  name: unknown,
  input: unknown,
  { services, clock, logger, deadlineMs, admit }: AnswerOptions,
): Promise<Ack<unknown>> {
  let over = false;
  const spokeFor = memberOf(caller, input);
  try {
    await admit();
    if (!isRequestName(name)) throw new ParleyError('unknown_request');
    const parsed = parse(REQUESTS[name].input, input);
    const handle = HANDLERS[name] as Handler<RequestName>;
    const context = { ...services, caller, isOver: () => over };
    const data = await withDeadline(handle(context, parsed), deadlineMs, name, clock);
    return { ok: true, data };
  } catch (error) {
    const known = asParleyError(error);
    const isSame = spokeFor !== undefined && memberOf(caller, input) === spokeFor;
    const failure = isSame ? ofLostRoom(known) : known;
    // A name that is none of ours may be anything, a token that went astray included.
    const request = isRequestName(name) ? name : 'unknown';
    if (failure.code === 'internal') logger.error('request failed', { request, sessionId: caller.id, error });
    else logger.debug('request refused', { request, sessionId: caller.id, code: failure.code });
    return { ok: false, error: failure.toWire() };
  } finally {
    over = true;
  }
}

/** As whom the connection speaks in the room that a request names, if it names one. */
function memberOf(caller: Caller, input: unknown): string | undefined {
  const roomId = (input as { roomId?: unknown } | null | undefined)?.roomId;
  return typeof roomId === 'string' ? caller.memberIn(roomId) : undefined;
}

/** Of who is in the room all the time, and the room does not know: its store has lost it, and is about to be told again. */
function ofLostRoom(failure: ParleyError): ParleyError {
  if (failure.code !== 'not_in_room') return failure;
  return new ParleyError('store_unavailable', undefined, { cause: failure });
}

export function isRequestName(name: unknown): name is RequestName {
  return typeof name === 'string' && Object.hasOwn(REQUESTS, name);
}
