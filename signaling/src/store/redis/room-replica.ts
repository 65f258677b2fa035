import type { NumberedEvent, RoomState } from '../../rooms/index.ts';
import { patched, type RoomPatch, type Versioned } from './room-codec.ts';

/** Patches that may wait for one before them; with more than that the room is read anew. */
const MAX_WAITING = 256;

export interface Step {
  before: RoomState | null;
  state: RoomState | null;
  events: readonly NumberedEvent[];
  node: string;
}

/** A followed room as this node knows it: takes patches in their order, however they come. Pure. */
export class RoomReplica {
  #current: Versioned;
  /** Came too early, by the version they were made from. */
  readonly #waiting = new Map<number, RoomPatch>();

  constructor(current: Versioned) {
    this.#current = current;
  }

  get current(): Versioned {
    return this.#current;
  }

  /** Whether something is missing between what is known and what waits. */
  get hasGap(): boolean {
    return this.#waiting.size > 0;
  }

  /** @returns the steps that can be taken now, in order; none when the patch is old, or has to wait. */
  take(patch: RoomPatch): Step[] {
    const { version } = this.#current;
    if (patch.version <= version) return [];
    if (patch.prev !== this.#expected && this.#waiting.size < MAX_WAITING) this.#waiting.set(patch.prev, patch);
    const steps: Step[] = [];
    if (patch.prev === this.#expected) steps.push(this.#step(patch));
    return [...steps, ...this.#stepThroughWaiting()];
  }

  /** The room was read anew: what waits is applied to that where it fits, and else forgotten. */
  reset(current: Versioned): Step[] {
    this.#current = current;
    for (const [prev, patch] of this.#waiting) if (patch.version <= current.version) this.#waiting.delete(prev);
    const steps = this.#stepThroughWaiting();
    this.#waiting.clear();
    return steps;
  }

  /** What the next patch is made from: a room that is no more begins anew. */
  get #expected(): number {
    return this.#current.state ? this.#current.version : 0;
  }

  #stepThroughWaiting(): Step[] {
    const steps: Step[] = [];
    for (let next = this.#waiting.get(this.#expected); next; next = this.#waiting.get(this.#expected)) {
      this.#waiting.delete(next.prev);
      steps.push(this.#step(next));
    }
    return steps;
  }

  #step(patch: RoomPatch): Step {
    const before = this.#current.state;
    const state = patched(before, patch);
    this.#current = { state, version: patch.version };
    return { before, state, events: patch.events, node: patch.node };
  }
}

/** Whether `stored` is what became of `memory`: the same room, and not an older state of it. */
export function continues(memory: Versioned, stored: Versioned): boolean {
  if (!memory.state) return true;
  if (!stored.state) return false;
  return stored.state.incarnation === memory.state.incarnation && stored.state.seq >= memory.state.seq;
}
