import * as v from 'valibot';
import { MediaId } from '../media/id.ts';
import { NodeIdSchema, NodeUrlSchema } from './node.ts';
import { ForwardingSchema, PeerIdSchema, SfuRoomIdSchema } from './requests.ts';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10_000_000));
/** 0 to 1 is what a node should do; above 1 it does more than it should. */
const Share = v.pipe(v.number(), v.minValue(0), v.maxValue(100));

/** The most workers a node has. */
export const WORKERS_MAX = 256;

/** How one worker of a node is, for operators. */
const WorkerStateSchema = v.object({
  /** `silent`: it owes an answer for so long that it may be hung; `down`: it has ended, and another takes its place. */
  state: v.picklist(['up', 'silent', 'down']),
  /** Share of the packets it may send that it is expected to send. */
  load: Share,
  /** Share of a CPU it uses, measured. */
  cpu: Share,
  /** Peers it carries. */
  peers: Count,
  /** How often one in this place has ended without having been told to, since the node's start. */
  deaths: Count,
});
export type WorkerState = v.InferOutput<typeof WorkerStateSchema>;

/** How an SFU node announces itself: on connecting, and whenever it changes. */
export const NodeStateSchema = v.object({
  nodeId: NodeIdSchema,
  /** Where other nodes reach its control port; empty: nowhere but from signaling. */
  url: NodeUrlSchema,
  region: v.pipe(v.string(), v.maxLength(64)),
  /** Peers the node takes in all. */
  capacity: Count,
  /** Workers alive; 0 means it can take no room. */
  workers: Count,
  rooms: Count,
  peers: Count,
  /** Share of the packets its workers may send that it expects to send. */
  load: Share,
  /** Share of its workers' CPUs in use, measured. */
  cpu: Share,
  /** A draining node takes no new rooms. */
  draining: v.boolean(),
  /**
   * Each of its workers, by index; nodes of older versions do not say. It is only looked at: what does not fit here
   * counts as not said, rather than as a reason to do without the node.
   */
  pool: v.fallback(v.optional(v.pipe(v.array(WorkerStateSchema), v.maxLength(WORKERS_MAX))), undefined),
});
export type NodeState = v.InferOutput<typeof NodeStateSchema>;

export const CONTROL_EVENTS = {
  'node:state': NodeStateSchema,
  /** The room is gone: its worker died or its lease ran out. */
  'room:closed': v.object({ sfuRoomId: SfuRoomIdSchema, reason: v.picklist(['worker_died', 'lease', 'shutdown']) }),
  /** How the room forwards has changed. */
  'room:forwarding': v.object({ sfuRoomId: SfuRoomIdSchema, forwarding: ForwardingSchema }),
  /** What carried these peers is gone; the room lives on, and they may open anew. */
  'peer:lost': v.object({ sfuRoomId: SfuRoomIdSchema, peerIds: v.pipe(v.array(PeerIdSchema), v.maxLength(100_000)) }),
  /** A producer ended by itself (its transport closed). */
  'producer:closed': v.object({ sfuRoomId: SfuRoomIdSchema, peerId: PeerIdSchema, producerId: MediaId }),
} as const;

export type ControlEventName = keyof typeof CONTROL_EVENTS;
export type ControlEvent<E extends ControlEventName> = v.InferOutput<(typeof CONTROL_EVENTS)[E]>;
