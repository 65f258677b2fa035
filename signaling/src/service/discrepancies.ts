import { memberOf, membersOf, type RoomState, type Speaker } from '../rooms/index.ts';

/** Where a room and the connections of a node say different things. */
export interface Discrepancies {
  /** Members of the node for whom no connection of it speaks. */
  adrift: Speaker[];
  /** Connections of the node that speak for nobody in the room. */
  lost: Speaker[];
  /** Members who are connected to the node and have been given up: others took it for dead. */
  givenUp: Speaker[];
}

/**
 * @param state the room as it is known; null: there is none
 * @param speakers whom the node's connections speak for in that room
 */
export function discrepancies(state: RoomState | null, speakers: readonly Speaker[], nodeId: string): Discrepancies {
  // A connection that left and came in again, while the store was away, speaks for another member than before.
  const here = new Set(speakers.map(({ memberId, sessionId }) => `${memberId} ${sessionId}`));
  const adrift = (state ? membersOf(state) : []).flatMap((member) => {
    const { id: memberId, sessionId, connection } = member;
    const isAdrift = connection === 'connected' && member.nodeId === nodeId && !here.has(`${memberId} ${sessionId}`);
    return isAdrift ? [{ memberId, sessionId }] : [];
  });
  const connectionOf = (speaker: Speaker) => (state ? memberOf(state, speaker)?.connection : undefined);
  return {
    adrift,
    lost: speakers.filter((speaker) => connectionOf(speaker) === undefined),
    givenUp: speakers.filter((speaker) => connectionOf(speaker) === 'reconnecting'),
  };
}
