import type { IncomingMessage } from 'node:http';
import { ParleyError } from '@parley/shared/protocol';

/** The most a body may have: an event's data, and what is around it. */
export const MAX_BODY_BYTES = 32 * 1024;

/** Reads a body of JSON; none at all is an empty object. @throws {ParleyError} `payload_too_large`, `invalid_request` */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw new ParleyError('payload_too_large');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new ParleyError('payload_too_large');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new ParleyError('invalid_request', 'The body must be JSON.', { path: '' });
  }
}
