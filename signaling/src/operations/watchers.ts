import type { ViewChange } from '@parley/shared/operations';
import { type Clock, type Logger, type Timer, withDeadline } from '@parley/shared/runtime';
import type { Sight, Watch } from './sight.ts';

const LOOK_EVERY_MS = 1_000;
/** Who has not taken that many packets yet is told nothing more until they have. */
const MAX_BACKLOG = 4;

/** Someone who looks on. */
export interface Onlooker {
  /** Whether they have left; who has does not come back. */
  readonly isGone: boolean;
  /** Packets that are not with the network yet. */
  readonly backlog: number;
  tell(event: { at: number; change: ViewChange }): void;
}

export interface WatchersOptions {
  sight: Pick<Sight, 'look'>;
  deadlineMs: number;
  clock: Clock;
  logger: Logger;
}

interface Watching {
  watch: Watch;
  /** Each part as it was told last. */
  told: Map<string, string>;
}

/** Tells everyone who looks on what has changed, once a second. Nobody looks, nothing is done. */
export class Watchers {
  readonly #options: WatchersOptions;
  readonly #watching = new Map<Onlooker, Watching>();
  #timer: Timer | undefined;
  #isLooking = false;
  #closed = false;

  constructor(options: WatchersOptions) {
    this.#options = options;
  }

  /** From now on `onlooker` sees that, at first all of it. */
  watch(onlooker: Onlooker, watch: Watch): void {
    // They may have left while it was seen to whether they may ask: nobody would take them off the list.
    if (onlooker.isGone) return;
    const watching = this.#watching.get(onlooker);
    if (watching) {
      watching.watch = watch;
      // Told even if it is the same, so that who asks knows that it is the answer.
      for (const part of ['rooms', 'room']) watching.told.delete(part);
    } else {
      this.#watching.set(onlooker, { watch, told: new Map() });
    }
    this.#lookIn(0);
  }

  leave(onlooker: Onlooker): void {
    this.#watching.delete(onlooker);
  }

  close(): void {
    this.#closed = true;
    this.#watching.clear();
    this.#options.clock.cancel(this.#timer);
  }

  /** A look under way ends first; whoever came meanwhile is in the next. */
  #lookIn(ms: number): void {
    if (this.#isLooking || this.#closed) return;
    const { clock } = this.#options;
    clock.cancel(this.#timer);
    this.#timer = clock.after(ms, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { sight, deadlineMs, clock, logger } = this.#options;
    this.#isLooking = true;
    const all = [...this.#watching];
    const watches = all.map(([, { watch }]) => watch);
    try {
      const views = await withDeadline(sight.look(watches), deadlineMs, 'a look for operators', clock);
      for (const [i, [onlooker, watching]] of all.entries()) {
        const view = views[i];
        // What was looked for on somebody's behalf is of no use when they look at something else by now.
        if (view && this.#watching.has(onlooker) && watching.watch === watches[i]) this.#tell(onlooker, watching, view);
      }
    } catch (error) {
      logger.warn('operators were not told', { error });
    }
    this.#isLooking = false;
    const isStale = [...this.#watching].some(
      ([it, { watch }]) => !all.some(([other], i) => other === it && watches[i] === watch),
    );
    if (this.#watching.size > 0) this.#lookIn(isStale ? 0 : LOOK_EVERY_MS);
  }

  #tell(onlooker: Onlooker, { told }: Watching, view: ViewChange): void {
    if (onlooker.backlog > MAX_BACKLOG) return;
    const texts = Object.entries(view).map(([part, value]) => [part, JSON.stringify(value), value] as const);
    const changed = texts.filter(([part, text]) => told.get(part) !== text);
    for (const [part, text] of changed) told.set(part, text);
    const change: ViewChange = Object.fromEntries(changed.map(([part, , value]) => [part, value]));
    if (changed.length > 0) onlooker.tell({ at: this.#options.clock.now(), change });
  }
}
