import { type Clock, Emitter, type Logger, type Timer } from '@parley/shared/runtime';
import { nextFailures, respawnDelay } from './backoff.ts';
import type { PooledWorker } from './worker.ts';

/** Probes a worker may leave unanswered before it is taken for hung and killed. */
const MISSED_PROBES = 3;

/** A worker that ended in good order may have been told to by the Ctrl-C that is on its way to us, in ms. */
const SHUTDOWN_GRACE_MS = 250;

export interface PoolOptions<W extends PooledWorker> {
  size: number;
  /** Starts worker `index`, on that worker's ports. */
  start: (index: number) => Promise<W>;
  /** Milliseconds between two signs of life asked of each worker. */
  probeIntervalMs: number;
  clock: Clock;
  log: Logger;
}

interface Slot<W> {
  worker: W | undefined;
  startedAt: number;
  failures: number;
  missedProbes: number;
  /** CPU seconds at the last probe. */
  cpuSeconds: number;
  respawn: Timer | undefined;
}

/** The workers of this node, one a CPU by default: started together, replaced when they die. */
export class WorkerPool<W extends PooledWorker> extends Emitter<{
  /** A worker died; everything on it is gone. */
  died: [worker: W];
  /** The number of workers alive changed. */
  changed: [];
}> {
  readonly #options: PoolOptions<W>;
  readonly #slots: Slot<W>[];
  #probe: Timer | undefined;
  #deaths = 0;
  #ending = false;
  #closing: Promise<void> | undefined;
  readonly #starting = new Set<Promise<unknown>>();

  constructor(options: PoolOptions<W>) {
    super((error, event) => options.log.error('a listener threw', { event, error }));
    this.#options = options;
    this.#slots = Array.from({ length: options.size }, () => ({
      worker: undefined,
      startedAt: 0,
      failures: 0,
      missedProbes: 0,
      cpuSeconds: 0,
      respawn: undefined,
    }));
  }

  /** Workers alive now. */
  get workers(): W[] {
    return this.#slots.flatMap(({ worker }) => worker ?? []);
  }

  /** Workers that ended without having been told to, since the start. */
  get deaths(): number {
    return this.#deaths;
  }

  /** CPU seconds of each living worker, as of its last probe. */
  get cpu(): { index: number; seconds: number }[] {
    return this.#slots.flatMap(({ worker, cpuSeconds }) =>
      worker ? [{ index: worker.index, seconds: cpuSeconds }] : [],
    );
  }

  /**
   * Starts every worker. All or nothing: the first start is where a wrong binary or a taken port shows.
   * @throws {WorkerStartError}
   */
  async start(): Promise<void> {
    const results = await Promise.allSettled(this.#slots.map((slot, index) => this.#startWorker(slot, index)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) {
      await this.close();
      throw failed.reason;
    }
    this.#scheduleProbe();
  }

  /**
   * From now on workers may end without being missed or replaced: a terminal's Ctrl-C goes to them too, and
   * they obey it at once, while rooms and links are still being closed in order.
   */
  expectEnd(): void {
    this.#ending = true;
    const { clock } = this.#options;
    clock.cancel(this.#probe);
    for (const slot of this.#slots) clock.cancel(slot.respawn);
  }

  /** Ends every worker; resolves when their processes are gone. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.expectEnd();
    const closed = this.workers.map((worker) => worker.close());
    for (const slot of this.#slots) slot.worker = undefined;
    await Promise.all([...closed, ...this.#starting]);
  }

  async #startWorker(slot: Slot<W>, index: number): Promise<void> {
    const { start, clock, log } = this.#options;
    const starting = start(index).then(async (worker) => {
      if (this.#closing) return worker.close();
      slot.worker = worker;
      slot.startedAt = clock.now();
      slot.missedProbes = 0;
      slot.cpuSeconds = 0;
      log.info('worker started', { worker: index, pid: worker.pid });
      worker.onDied((error, orderly) => {
        const handle = () => this.#handleDied(slot, index, worker, error);
        if (orderly) clock.after(SHUTDOWN_GRACE_MS, handle);
        else handle();
      });
      this.emit('changed');
    });
    const settled = starting.catch(() => {}).finally(() => this.#starting.delete(settled));
    this.#starting.add(settled);
    await starting;
  }

  #handleDied(slot: Slot<W>, index: number, worker: W, error: Error): void {
    if (slot.worker !== worker) return;
    slot.worker = undefined;
    if (this.#ending) return;
    const { clock, log } = this.#options;
    this.#deaths++;
    log.error('worker died', { worker: index, pid: worker.pid, error });
    this.emit('died', worker);
    this.emit('changed');
    this.#scheduleRespawn(slot, index, clock.now() - slot.startedAt);
  }

  #scheduleRespawn(slot: Slot<W>, index: number, livedMs: number): void {
    const { clock, log } = this.#options;
    slot.failures = nextFailures(slot.failures, livedMs);
    slot.respawn = clock.after(respawnDelay(slot.failures), () => {
      this.#startWorker(slot, index).catch((error: unknown) => {
        if (this.#ending) return;
        log.error('worker could not be started again', { worker: index, error });
        this.#scheduleRespawn(slot, index, 0);
      });
    });
  }

  #scheduleProbe(): void {
    if (this.#ending) return;
    const { clock, probeIntervalMs } = this.#options;
    this.#probe = clock.after(probeIntervalMs, async () => {
      await Promise.all(this.#slots.map((slot) => this.#probeSlot(slot)));
      this.#scheduleProbe();
    });
  }

  async #probeSlot(slot: Slot<W>): Promise<void> {
    const { worker } = slot;
    if (!worker) return;
    try {
      slot.cpuSeconds = await worker.cpuSeconds();
      slot.missedProbes = 0;
    } catch (error) {
      if (slot.worker !== worker) return;
      slot.missedProbes++;
      this.#options.log.warn('worker does not answer', { worker: worker.index, pid: worker.pid, error });
      // Hung, it forwards nothing either. Dead, it is replaced and its rooms are told.
      if (slot.missedProbes >= MISSED_PROBES) worker.kill();
    }
  }
}
