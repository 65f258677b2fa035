import type { ServerEvent } from '@parley/shared/protocol';
import type { Bus } from '../cluster/bus.ts';
import type { Fence } from '../rooms/index.ts';
import type { Audience } from './audience.ts';

/** A connection, and the node that holds it. */
export interface Address {
  nodeId: string;
  sessionId: string;
}

/** Reaches one connection, whichever node holds it. */
export class Reach {
  readonly #audience: Audience;
  readonly #bus: Bus;

  constructor({ audience, bus }: { audience: Audience; bus: Bus }) {
    this.#audience = audience;
    this.#bus = bus;
    bus.on('signal', ({ sessionId, event }) => void audience.tellMember(sessionId, 'mesh:signal', event));
    bus.on('fence', ({ sessionId, memberId, roomId, fence }) => audience.fence(sessionId, memberId, roomId, fence));
  }

  /** False when the connection is known not to be there; another node's is taken for there. */
  signal({ nodeId, sessionId }: Address, event: ServerEvent<'mesh:signal'>): boolean {
    if (nodeId === this.#bus.nodeId) return this.#audience.tellMember(sessionId, 'mesh:signal', event);
    this.#bus.send(nodeId, { type: 'signal', sessionId, event });
    return true;
  }

  /** Ends a connection of this node as the network would: its client comes back. */
  drop(sessionId: string): void {
    this.#audience.drop(sessionId);
  }

  /** The SFU has lost the peer of a connection of this node. */
  tellLost(sessionId: string, event: ServerEvent<'sfu:lost'>): void {
    this.#audience.tellMember(sessionId, 'sfu:lost', event);
  }

  /** The connection no longer speaks for the member. */
  fence({ nodeId, sessionId }: Address, memberId: string, roomId: string, fence: Fence): void {
    this.#bus.send(nodeId, { type: 'fence', sessionId, memberId, roomId, fence });
  }
}
