import { type Clock, Emitter, type Logger, type Timer } from '@parley/shared/runtime';
import type { MediaWorker } from '../media/ports.ts';
import { nextFailures, respawnDelay } from './backoff.ts';
import type { PooledWorker } from './worker.ts';

/** How much longer a worker may be silent that would answer if it got a CPU: late is not hung. */
const BUSY_PATIENCE = 4;
/** A worker that has been silent for this much of the time after which it is taken for hung is said to be. */
const SILENT_SHARE = 0.5;
/** Weight of the latest of the CPU shares measured. */
const CPU_ALPHA = 0.2;

/** A worker that ended in good order may have been told to by the Ctrl-C that is on its way to us, in ms. */
const SHUTDOWN_GRACE_MS = 250;

export interface PoolOptions<W extends PooledWorker> {
  size: number;
  /** Starts worker `index`, on that worker's ports. */
  start: (index: number) => Promise<W>;
  /** Milliseconds between two signs of life asked of each worker. */
  probeIntervalMs: number;
  /** A worker that owes an answer for that long, in milliseconds, is taken for hung and killed. */
  hungMs: number;
  /** Whether a process would answer if it got a CPU. */
  isBusy: (pid: number) => boolean;
  clock: Clock;
  log: Logger;
}

interface Slot<W> {
  worker: W | undefined;
  startedAt: number;
  failures: number;
  /** Workers of this place that ended without having been told to, since the start. */
  deaths: number;
  /** It has been asked and may yet answer. */
  probing: boolean;
  /** It owes an answer, to this question or to an earlier one. */
  owing: boolean;
  /** For so long, in milliseconds. */
  silentMs: number;
  /** CPU seconds it had used at its last answer, and when that was. */
  cpuSeconds: number;
  answeredAt: number;
  /** Share of a CPU it uses, 0 to 1, smoothed. */
  cpu: number;
  respawn: Timer | undefined;
}

/** What a pool knows of one of its places. */
export interface Standing {
  /** `silent`: the worker may be hung; `down`: there is none just now. */
  state: 'up' | 'silent' | 'down';
  /** Share of a CPU the worker uses, 0 to 1. */
  cpu: number;
  /** How often one ended without having been told to, since the start. */
  deaths: number;
}

/** The workers of this node, one a CPU by default: started together, replaced when they die. */
export class WorkerPool<W extends PooledWorker> extends Emitter<{
  /** A worker died; everything on it is gone. */
  died: [worker: W];
  /** The number of workers alive changed. */
  changed: [];
  /** What `cpuOf` says is new. */
  measured: [];
}> {
  readonly #options: PoolOptions<W>;
  readonly #slots: Slot<W>[];
  #probe: Timer | undefined;
  #probedAt = 0;
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
      deaths: 0,
      probing: false,
      owing: false,
      silentMs: 0,
      cpuSeconds: 0,
      answeredAt: 0,
      cpu: 0,
      respawn: undefined,
    }));
  }

  /** Workers alive now. */
  get workers(): W[] {
    return this.#slots.flatMap(({ worker }) => worker ?? []);
  }

  /** Workers that ended without having been told to, since the start. */
  get deaths(): number {
    return this.#slots.reduce((sum, { deaths }) => sum + deaths, 0);
  }

  /** CPU seconds of each living worker, as of its last probe. */
  get cpu(): { index: number; seconds: number }[] {
    return this.#slots.flatMap(({ worker, cpuSeconds }) =>
      worker ? [{ index: worker.index, seconds: cpuSeconds }] : [],
    );
  }

  /** Share of a CPU a worker uses, 0 to 1. */
  cpuOf(worker: MediaWorker): number {
    return this.#slots.find((slot) => slot.worker === worker)?.cpu ?? 0;
  }

  /** The same of all of them together, 0 to 1. */
  get cpuShare(): number {
    const alive = this.#slots.filter(({ worker }) => worker);
    return alive.reduce((sum, { cpu }) => sum + cpu, 0) / Math.max(1, alive.length);
  }

  /** How each place of the pool is filled, by index. */
  get standings(): Standing[] {
    const { hungMs } = this.#options;
    return this.#slots.map(({ worker, silentMs, cpu, deaths }) => {
      if (!worker) return { state: 'down', cpu: 0, deaths };
      return { state: silentMs >= SILENT_SHARE * hungMs ? 'silent' : 'up', cpu, deaths };
    });
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
      slot.probing = false;
      slot.owing = false;
      slot.silentMs = 0;
      slot.cpuSeconds = 0;
      slot.answeredAt = clock.now();
      slot.cpu = 0;
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
    slot.deaths++;
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
    this.#probedAt = clock.now();
    this.#probe = clock.after(probeIntervalMs, () => {
      // What this process itself overslept is no worker's silence: at most twice the interval counts.
      const passedMs = Math.min(clock.now() - this.#probedAt, 2 * probeIntervalMs);
      for (const slot of this.#slots) {
        this.#judge(slot, passedMs);
        void this.#probeSlot(slot);
      }
      this.emit('measured');
      // Answers that have come meanwhile are read before the next round.
      setImmediate(() => this.#scheduleProbe());
    });
  }

  #judge(slot: Slot<W>, passedMs: number): void {
    const { worker, owing } = slot;
    if (!worker || !owing) return;
    const { hungMs, isBusy, log } = this.#options;
    slot.silentMs += passedMs;
    if (slot.silentMs < hungMs) return;
    const busy = isBusy(worker.pid);
    log.warn('worker does not answer', { worker: worker.index, pid: worker.pid, ms: slot.silentMs, busy });
    // Hung, it forwards nothing either. Dead, it is replaced and its rooms are told.
    if (!busy || slot.silentMs >= BUSY_PATIENCE * hungMs) worker.kill();
  }

  async #probeSlot(slot: Slot<W>): Promise<void> {
    const { worker } = slot;
    if (!worker || slot.probing) return;
    slot.probing = true;
    slot.owing = true;
    try {
      const seconds = await worker.cpuSeconds();
      if (slot.worker !== worker) return;
      const now = this.#options.clock.now();
      const share = ((seconds - slot.cpuSeconds) * 1_000) / Math.max(1, now - slot.answeredAt);
      slot.cpu += CPU_ALPHA * (Math.min(1, share) - slot.cpu);
      slot.cpuSeconds = seconds;
      slot.answeredAt = now;
      slot.owing = false;
      slot.silentMs = 0;
    } catch {
      // No answer within the deadline: it is asked again, and still owes.
    } finally {
      if (slot.worker === worker) slot.probing = false;
    }
  }
}
