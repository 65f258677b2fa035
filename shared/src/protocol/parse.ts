import * as v from 'valibot';
import { ParleyError } from './errors.ts';

/**
 * Parses what came from outside.
 * @throws {ParleyError} `invalid_request`, with the path of the first field that does not fit.
 */
export function parse<S extends v.GenericSchema>(schema: S, input: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, input, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue) ?? '';
  throw new ParleyError('invalid_request', path ? `${path}: ${issue.message}` : issue.message, { path });
}
