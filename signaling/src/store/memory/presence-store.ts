import type { PresenceStore, PresenceWrite, StoredPresence } from '../presence-store.ts';

interface Kept {
  incarnation: string;
  version: number;
  users: Map<string, readonly string[]>;
}

/** In this process's memory: for one signaling node, whose users are known anyway. */
export class MemoryPresenceStore implements PresenceStore {
  #nodes = new Map<string, Kept>();

  async write(nodeId: string, { incarnation, from, to, changes }: PresenceWrite): Promise<boolean> {
    const kept = this.#nodes.get(nodeId);
    if (kept?.incarnation !== incarnation || kept.version !== from.version || kept.users.size !== from.count) {
      return false;
    }
    for (const [userId, rooms] of changes) {
      if (rooms) kept.users.set(userId, rooms);
      else kept.users.delete(userId);
    }
    kept.version = to;
    return true;
  }

  async replace(nodeId: string, { incarnation, version, users }: StoredPresence): Promise<void> {
    this.#nodes.set(nodeId, { incarnation, version, users: new Map(users) });
  }

  async read(nodeId: string): Promise<StoredPresence | null> {
    const kept = this.#nodes.get(nodeId);
    return kept ? { ...kept, users: [...kept.users] } : null;
  }
}
