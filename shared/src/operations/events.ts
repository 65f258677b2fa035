import * as v from 'valibot';
import { NodeStateSchema } from '../control/events.ts';
import { SfuRoomInspectionSchema } from '../control/inspection.ts';
import { IdSchema, RoomIdSchema } from '../protocol/names.ts';
import { ParticipantSchema } from '../protocol/room.ts';
import { EpochSchema, TopologySchema } from '../protocol/topology.ts';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** In ms since the epoch. */
const Time = v.pipe(v.number(), v.finite(), v.minValue(0));
const PathKind = v.picklist(['mesh', 'sfu']);
const NodeId = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

/** What listeners said of one kind of path: how many scores, their sum, and how many of them were below 3.6. */
export const ScoresSchema = v.object({ count: Count, sum: v.pipe(v.number(), v.minValue(0)), poor: Count });
export type Scores = v.InferOutput<typeof ScoresSchema>;

/** A handover of one room as its listeners heard it. */
export const SilenceSchema = v.object({
  /** When the last of them told of it. */
  at: Time,
  roomId: RoomIdSchema,
  from: PathKind,
  to: PathKind,
  /** Listeners who told of it … */
  listeners: Count,
  /** … and the longest that any of them could not hear someone who talked, in ms. */
  silenceMs: v.pipe(v.number(), v.minValue(0)),
});
export type Silence = v.InferOutput<typeof SilenceSchema>;

const QualityPointSchema = v.object({
  /** Where the stretch begins. */
  at: Time,
  mesh: ScoresSchema,
  sfu: ScoresSchema,
});
export type QualityPoint = v.InferOutput<typeof QualityPointSchema>;

/** What an operator sees, part by part; a part that is not in an event is as it was. */
const VIEW_PARTS = {
  /** Whether the nodes' common store answers; without it rooms are as they were. */
  isStoreUp: v.boolean(),
  totals: v.object({ rooms: Count, participants: Count, connections: Count }),
  sfuNodes: v.array(v.object({ ...NodeStateSchema.entries, since: Time })),
  signalingNodes: v.array(
    v.object({
      nodeId: NodeId,
      /** Of clients; null: the node has not said yet. */
      connections: v.nullable(Count),
      participants: v.nullable(Count),
    }),
  ),
  rooms: v.object({
    /** Rooms that pass the filter; those beyond the first `SHOWN_MAX.rooms` by name are only counted. */
    matching: Count,
    list: v.array(
      v.object({
        roomId: RoomIdSchema,
        participants: Count,
        topology: TopologySchema.entries.phase,
        locked: v.boolean(),
        /** SFU nodes the room is at home on: none in a mesh, two while it moves. */
        nodes: v.array(NodeId),
      }),
    ),
  }),
  /** The room looked into; null: none, or it is gone. */
  room: v.nullable(
    v.object({
      roomId: RoomIdSchema,
      topology: TopologySchema,
      locked: v.boolean(),
      /** How many there are; `participants` are the first of them. */
      size: Count,
      participants: v.array(v.object({ ...ParticipantSchema.entries, nodeId: v.optional(v.string()) })),
      sfu: v.array(
        v.object({
          epoch: EpochSchema,
          nodeId: v.string(),
          sfuRoomId: IdSchema,
          /** Null: the node does not say. */
          placement: v.nullable(SfuRoomInspectionSchema),
        }),
      ),
    }),
  ),
  quality: v.object({
    /** How long one point stands for, in ms. */
    stretchMs: Count,
    /** Oldest first; a stretch nobody reported in is left out. */
    points: v.array(QualityPointSchema),
  }),
  /** Newest first. */
  silences: v.array(SilenceSchema),
} as const;

const ViewSchema = v.object(VIEW_PARTS);
export type OperationsView = v.InferOutput<typeof ViewSchema>;
const ViewChangeSchema = v.partial(ViewSchema);
export type ViewChange = v.InferOutput<typeof ViewChangeSchema>;

/** What the server tells operators. */
export const OPERATIONS_EVENTS = {
  /** At once after `watch`, and then at most once a second. `at`: when it was so. */
  view: v.object({ at: Time, change: ViewChangeSchema }),
} as const;
export type OperationsEvents = {
  [E in keyof typeof OPERATIONS_EVENTS]: (event: v.InferOutput<(typeof OPERATIONS_EVENTS)[E]>) => void;
};
