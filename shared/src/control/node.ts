import * as v from 'valibot';

/** The id of an SFU node. */
export const NodeIdSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

/** Where an SFU node's control port is reached: `http://host:port`, or empty when only signaling reaches it. */
export const NodeUrlSchema = v.pipe(
  v.string(),
  v.maxLength(512),
  v.regex(/^(https?:\/\/[^/?#@]+\/?)?$/, 'an http(s) URL without path or user'),
);

/** A node, and where it is. */
export const NodeAddressSchema = v.object({ nodeId: NodeIdSchema, url: NodeUrlSchema });
export type NodeAddress = v.InferOutput<typeof NodeAddressSchema>;
