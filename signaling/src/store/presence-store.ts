/** A user and their rooms; null: no longer there. */
export type PresenceChange = readonly [userId: string, rooms: readonly string[] | null];

/** The presence of one node's users, as of a version of its own count. */
export interface StoredPresence {
  /** Names the process that wrote it. */
  incarnation: string;
  version: number;
  users: [userId: string, rooms: readonly string[]][];
}

export interface PresenceWrite {
  incarnation: string;
  /** What is expected there: the version, and how many users. */
  from: { version: number; count: number };
  /** The version afterwards. */
  to: number;
  changes: readonly PresenceChange[];
}

/**
 * Where each node lays down who is connected to it, for nodes that come later or have missed something. Only the node
 * itself writes its own; nothing in it outlives its writer for long.
 */
export interface PresenceStore {
  /**
   * Carries changes on; without any it asks whether all is still there.
   * @returns false, having changed nothing, if it is not what was expected: then `replace`
   */
  write(nodeId: string, write: PresenceWrite): Promise<boolean>;
  replace(nodeId: string, presence: StoredPresence): Promise<void>;
  read(nodeId: string): Promise<StoredPresence | null>;
}
