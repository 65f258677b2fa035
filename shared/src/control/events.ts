import * as v from 'valibot';
import { MediaId } from '../media/id.ts';
import { PeerIdSchema, SfuRoomIdSchema } from './requests.ts';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** How an SFU node announces itself: on connecting, and whenever it changes. */
export const NodeStateSchema = v.object({
  nodeId: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  region: v.pipe(v.string(), v.maxLength(64)),
  /** Peers the node takes in all. */
  capacity: Count,
  /** Workers alive; 0 means it can take no room. */
  workers: Count,
  rooms: Count,
  peers: Count,
  /** A draining node takes no new rooms. */
  draining: v.boolean(),
});
export type NodeState = v.InferOutput<typeof NodeStateSchema>;

export const CONTROL_EVENTS = {
  'node:state': NodeStateSchema,
  /** The room is gone: its worker died or its lease ran out. */
  'room:closed': v.object({ sfuRoomId: SfuRoomIdSchema, reason: v.picklist(['worker_died', 'lease', 'shutdown']) }),
  /** A producer ended by itself (its transport closed). */
  'producer:closed': v.object({ sfuRoomId: SfuRoomIdSchema, peerId: PeerIdSchema, producerId: MediaId }),
} as const;

export type ControlEventName = keyof typeof CONTROL_EVENTS;
export type ControlEvent<E extends ControlEventName> = v.InferOutput<(typeof CONTROL_EVENTS)[E]>;
