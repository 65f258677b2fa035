/** Participants who left of their own will: their resume tokens are void for as long as these would hold. */
export interface DepartureStore {
  /** @throws {ParleyError} `store_unavailable` */
  add(participantId: string): Promise<void>;
  /** @throws {ParleyError} `store_unavailable` */
  has(participantId: string): Promise<boolean>;
}
