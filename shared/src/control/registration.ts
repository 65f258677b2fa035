import * as v from 'valibot';
import { NodeStateSchema } from './events.ts';

/** How often an SFU node says in Redis that it is there, in milliseconds … */
export const REGISTRATION_BEAT_MS = 1_000;
/** … and how long that holds. */
export const REGISTRATION_TTL_MS = 4_000;

/** Where SFU nodes are found in Redis. The braces keep all of it on one node of a Redis Cluster. */
export const registrationKeys = (prefix: string) => ({
  /** Set of node ids: those that are there, and some that were. */
  nodes: `${prefix}:{sfu}:nodes`,
  /** A node's registration, as JSON; gone by itself when the node no longer says it. */
  node: (nodeId: string) => `${prefix}:{sfu}:node:${nodeId}`,
});

/** What an SFU node says of itself in Redis: how it is, and where its control port is reached. */
export const RegistrationSchema = v.pipe(
  NodeStateSchema,
  v.check(({ url }) => url !== '', 'a registered node must have a url'),
);
export type Registration = v.InferOutput<typeof RegistrationSchema>;

/** @throws what is wrong with it: the record of another version, or of who lies */
export function parseRegistration(text: string, nodeId: string): Registration {
  const registration = v.parse(RegistrationSchema, JSON.parse(text));
  if (registration.nodeId !== nodeId) throw new Error('the record is of another node');
  return registration;
}
