import type {
  ControlEvent,
  ControlInput,
  ControlOutput,
  ControlRequestName,
  NodeAddress,
  NodeState,
  SfuRoomState,
} from '@parley/shared/control';
import type { Emitter } from '@parley/shared/runtime';
import type { SfuHandle } from '../rooms/index.ts';

export type SfuEvents = {
  /** The SFU room is gone: its worker died, its lease ran out, its node went down. */
  roomClosed: [closed: { sfuRoomId: string; nodeId: string; reason: string }];
  producerClosed: [closed: { sfuRoomId: string; peerId: string; producerId: string }];
  /** How an SFU room forwards has changed. */
  forwarding: [changed: ControlEvent<'room:forwarding'>];
  /** What carried these peers is gone; their room lives on. */
  peersLost: [lost: ControlEvent<'peer:lost'>];
  /** The control link to a node came (back) up: its rooms may be taken over again. */
  nodeUp: [nodeId: string];
  /** A node has been out of reach for longer than is likely to be a blip. */
  nodeLost: [nodeId: string];
  /** A node is going away, or was already when it came into reach: its rooms had better move. */
  nodeDraining: [nodeId: string];
};

/** Where a room may be opened. */
export interface Wishes {
  /** On none of these nodes. */
  not?: ReadonlySet<string>;
  /** Where those who will be in it are; default: where this signaling node is. */
  region?: string | undefined;
}

/** A node in reach. */
export interface SfuNode extends NodeState {
  /** Since when it is in reach, in ms since the epoch. */
  since: number;
}

/** The media servers there are. Every call ends within a deadline. */
export interface SfuNodes {
  readonly events: Emitter<SfuEvents>;
  /** Nodes in reach. */
  states(): SfuNode[];
  /**
   * Opens a room on the node that suits best.
   * @throws {ParleyError} `sfu_unavailable`
   */
  open(sfuRoomId: string, wishes?: Wishes): Promise<SfuHandle>;
  /**
   * Takes over a room that exists; waits a little for a node that is not in reach yet.
   * @throws {ParleyError} `not_found`: there is no such room; `sfu_unavailable`
   */
  adopt(handle: SfuHandle): Promise<SfuRoomState>;
  /**
   * The node that is to carry someone who comes into a room, as an edge of its home; undefined: the home itself. What is
   * asked for is reckoned with: ask once for each who comes.
   * @param region where they are; default: where this signaling node is
   */
  placeFor(handle: SfuHandle, region?: string | undefined): NodeAddress | undefined;
  /** @throws {ParleyError} what the node answers, `sfu_unavailable` or `timeout` */
  request<R extends ControlRequestName>(nodeId: string, name: R, input: ControlInput<R>): Promise<ControlOutput<R>>;
  close(): void;
}
