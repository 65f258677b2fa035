import { type HandshakeRefusal, ParleyError, PROTOCOL_VERSIONS, parse } from '@parley/shared/protocol';
import * as v from 'valibot';

const HandshakeSchema = v.object({
  versions: v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(1))), v.minLength(1), v.maxLength(32)),
  token: v.optional(v.pipe(v.string(), v.maxLength(8192))),
  session: v.optional(v.pipe(v.string(), v.maxLength(2048))),
  instance: v.optional(v.pipe(v.string(), v.minLength(8), v.maxLength(64))),
  region: v.optional(v.pipe(v.string(), v.maxLength(64))),
});

/** What a client put into `auth`, checked. */
export interface AgreedHandshake {
  version: number;
  token: string | undefined;
  session: string | undefined;
  instance: string | undefined;
  region: string | undefined;
}

/** @throws {RefusedHandshake} */
export function agree(auth: unknown): AgreedHandshake {
  try {
    const { versions, token, session, instance, region } = parse(HandshakeSchema, auth);
    const shared = PROTOCOL_VERSIONS.filter((version) => versions.includes(version));
    if (shared.length === 0) throw new ParleyError('unsupported_version');
    return { version: Math.max(...shared), token, session, instance, region };
  } catch (error) {
    throw new RefusedHandshake(error instanceof ParleyError ? error : new ParleyError('internal'));
  }
}

/** Socket.IO sends `message` and `data` to the client as its `connect_error`. */
export class RefusedHandshake extends Error {
  readonly data: HandshakeRefusal;

  constructor(error: ParleyError) {
    super(error.message);
    const wire = error.toWire();
    this.data = wire.code === 'unsupported_version' ? { ...wire, supported: PROTOCOL_VERSIONS } : wire;
  }
}
