import * as v from 'valibot';

/** Counts up at every transition of a room's topology; what is older is ignored. */
export const EpochSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER));

/** One way for a room's media, named by the epoch it was created in. */
export const PathSchema = v.object({ kind: v.picklist(['mesh', 'sfu']), epoch: EpochSchema });
export type Path = v.InferOutput<typeof PathSchema>;
export type PathKind = Path['kind'];

/**
 * Where a room's media flows. `active` is what everyone has; while a handover is under way `next` is
 * what everyone is moving to, and media is sent on both.
 */
export const TopologySchema = v.object({
  phase: v.picklist(['mesh', 'promoting', 'sfu', 'moving', 'demoting']),
  epoch: EpochSchema,
  active: PathSchema,
  next: v.nullable(PathSchema),
});
export type Topology = v.InferOutput<typeof TopologySchema>;
export type Phase = Topology['phase'];

/** Why the topology changed. */
export const TopologyReasonSchema = v.picklist([
  'full', // a join made the room larger than a mesh may be
  'requested', // a client cannot hold the mesh
  'quiet', // few enough people for long enough
  'completed', // everyone has moved, or the deadline passed
  'aborted', // the handover was called off; the active path stays
  'sfu_lost', // the SFU that carried the room is gone
  'rebalanced', // the SFU that carries the room is going away, or has too much to do
]);
export type TopologyReason = v.InferOutput<typeof TopologyReasonSchema>;
