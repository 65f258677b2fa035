import type { ControlInput, ControlOutput, ControlRequestName } from '@parley/shared/control';
import type { Holder } from '../../rooms/holders.ts';
import type { Rooms } from '../../rooms/rooms.ts';

/** Who asks, and what of. */
export interface ControlContext {
  rooms: Rooms;
  caller: Holder;
  /** This node. */
  nodeId: string;
  /** Takes no new rooms from now on, and ends by the deadline (ms from now) or when none is left. */
  drain: (deadlineMs: number | null) => void;
}

/** Answers one request. Throws a ParleyError to refuse; anything else becomes `internal`. */
export type Handler<R extends ControlRequestName> = (
  context: ControlContext,
  input: ControlInput<R>,
) => ControlOutput<R> | Promise<ControlOutput<R>>;

export type Handlers = { [R in ControlRequestName]: Handler<R> };
