import * as v from 'valibot';
import { MediaId } from '../media/id.ts';
import { NodeIdSchema } from './node.ts';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Place = v.object({ nodeId: NodeIdSchema, worker: Count });

/** Where a room is, for operators: a branch for each router it has, and what runs between them. */
export const SfuRoomInspectionSchema = v.object({
  home: Place,
  mode: v.picklist(['direct', 'slots']),
  /** Who holds which slot; empty while direct. */
  slots: v.array(v.object({ producerId: MediaId, peerId: v.nullable(v.pipe(v.string(), v.maxLength(64))) })),
  branches: v.array(v.object({ ...Place.entries, peers: Count, producers: Count, consumers: Count })),
  /** `producers`: how many of them flow that way. */
  pipes: v.array(v.object({ from: Place, to: Place, producers: Count })),
});
export type SfuRoomInspection = v.InferOutput<typeof SfuRoomInspectionSchema>;
