import type { Clock, Logger } from '@parley/shared/runtime';
import type { Audience } from './audience.ts';

export interface RelocationOptions {
  audience: Pick<Audience, 'announce'>;
  /** How many clients are connected to this node. */
  connections: () => number;
  clock: Clock;
  logger: Logger;
  /** The most that clients are waited for. */
  drainMs: number;
}

/** Of the time for it all: clients begin to move within this share of it, so that the last of them can finish. */
const BEGIN_WITHIN = 0.5;
/** A node that is cut off takes nobody until it has not been told so for this long. */
const CUT_OFF_MS = 5_000;
/** How often it is looked whether the last client has gone. */
const LOOK_MS = 50;

/** Sends the clients of this node to others: they connect there first, take up their rooms, and then hang up here. */
export class Relocation {
  readonly #options: RelocationOptions;
  #draining: Promise<void> | undefined;
  #cutOffUntil = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: RelocationOptions) {
    this.#options = options;
  }

  /** Whether this node lets anyone in. */
  get isTaking(): boolean {
    return this.#draining === undefined && this.#options.clock.now() >= this.#cutOffUntil;
  }

  /** The others can do for the clients what this node cannot, as long as this is said again and again. */
  moveEveryone(): void {
    const { clock, drainMs, logger } = this.#options;
    this.#cutOffUntil = clock.now() + CUT_OFF_MS;
    if (clock.now() - this.#toldAt < drainMs) return;
    logger.warn('clients are sent to other nodes', { connections: this.#options.connections() });
    this.#tell();
  }

  /** For good: ends when nobody is left, or after `drainMs`. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  async #drain(): Promise<void> {
    const { clock, connections, drainMs, logger } = this.#options;
    const begun = clock.now();
    logger.info('draining', { connections: connections(), withinMs: drainMs });
    this.#tell();
    while (connections() > 0 && clock.now() - begun < drainMs) {
      await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve));
    }
    logger.info('drained', { left: connections(), ms: clock.now() - begun });
  }

  #tell(): void {
    const { audience, clock, drainMs } = this.#options;
    this.#toldAt = clock.now();
    audience.announce('session:move', { withinMs: Math.round(drainMs * BEGIN_WITHIN) });
  }
}
