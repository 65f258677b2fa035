import type { Clock } from '@parley/shared/runtime';
import { type Claim, type Held, type Holder, isNewer, type Reassertion, type UserStore } from '../user-store.ts';

/** Who is connected, in this process's memory: for one signaling node. An entry ends with its connection. */
export class MemoryUserStore implements UserStore {
  #held = new Map<string, Held>();
  #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async claim(userId: string, holder: Holder): Promise<Claim> {
    const before = this.#held.get(userId);
    const epoch = Math.max(this.#clock.now(), (before?.epoch ?? 0) + 1);
    this.#held.set(userId, { ...holder, epoch });
    return { epoch, previous: before && before.sessionId !== holder.sessionId ? before : null };
  }

  async reassert(userId: string, held: Held): Promise<Reassertion> {
    const before = this.#held.get(userId);
    const other = before && before.sessionId !== held.sessionId ? before : null;
    if (other && isNewer(other, held)) return { held: false, by: other };
    this.#held.set(userId, { ...held });
    return { held: true, previous: other };
  }

  async find(userId: string): Promise<Held | null> {
    return this.#held.get(userId) ?? null;
  }

  async release(userId: string, sessionId: string): Promise<boolean> {
    return this.#held.get(userId)?.sessionId === sessionId && this.#held.delete(userId);
  }
}
