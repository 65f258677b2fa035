import * as v from 'valibot';
import { NodeIdSchema } from '../control/node.ts';
import { IdSchema, RoomIdSchema } from '../protocol/names.ts';
import type { Ack } from '../protocol/socket.ts';

export const OperatorHandshakeSchema = v.object({ key: v.pipe(v.string(), v.minLength(1), v.maxLength(1024)) });

const Empty = v.object({});

/** What an operator may ask. */
export const OPERATIONS_REQUESTS = {
  /** What to look at from now on; begins the events. */
  watch: {
    input: v.object({
      /** Rooms with this in their name, in capitals or not; empty: all. */
      filter: v.pipe(v.string(), v.maxLength(64)),
      /** The room to look into. */
      roomId: v.nullable(RoomIdSchema),
    }),
    output: Empty,
  },
  'node:drain': { input: v.object({ nodeId: NodeIdSchema }), output: Empty },
  'room:end': { input: v.object({ roomId: RoomIdSchema }), output: Empty },
  'participant:mute': {
    input: v.object({ roomId: RoomIdSchema, participantId: IdSchema, silenced: v.boolean() }),
    output: Empty,
  },
} as const;

export type OperationsRequestName = keyof typeof OPERATIONS_REQUESTS;
export type OperationsInput<R extends OperationsRequestName> = v.InferOutput<(typeof OPERATIONS_REQUESTS)[R]['input']>;
type OperationsOutput<R extends OperationsRequestName> = v.InferOutput<(typeof OPERATIONS_REQUESTS)[R]['output']>;
export type OperationsRequests = {
  [R in OperationsRequestName]: (input: OperationsInput<R>, ack: (answer: Ack<OperationsOutput<R>>) => void) => void;
};
