import type { Clock, Logger } from '@parley/shared/runtime';
import * as mediasoup from 'mediasoup';
import { createWorkerCall, type WorkerCall } from '../media/call.ts';
import { keptBy } from '../media/mediasoup/context.ts';
import { createMediasoupRouter } from '../media/mediasoup/router.ts';
import { followTraffic } from '../media/mediasoup/traffic.ts';
import type { MediaCounts, MediaRouter, MediaWorker } from '../media/ports.ts';
import { Traffic } from '../media/traffic.ts';
import { withoutSignalHandlers } from './signals.ts';

/** How long a process may take to say that it runs: long, for a machine that is busy starting other things. */
const START_MS = 20_000;
/** How long a worker that was told to close may take before it is killed. */
const CLOSE_MS = 1_000;

export interface WorkerOptions {
  index: number;
  /** Path of the worker binary; undefined: MEDIASOUP_WORKER_BIN, which mediasoup itself reads, or its own. */
  workerBin?: string | undefined;
  listenInfos: mediasoup.types.TransportListenInfo[];
  logLevel: mediasoup.types.WorkerLogLevel;
  /** Seconds. */
  iceConsentTimeout: number;
  /** Deadline of every request to the worker, in milliseconds. */
  requestTimeoutMs: number;
  counts: MediaCounts;
  clock: Clock;
  log: Logger;
}

/** A worker as the pool sees it. */
export interface PooledWorker extends MediaWorker {
  /** Called once if the process ends without having been told to. */
  /** `orderly`: it ended as it does when it is told to, by somebody else than us. */
  onDied(listener: (error: Error, orderly: boolean) => void): void;
  /** CPU seconds the process has used. Also the sign of life: rejects with `timeout` when it hangs. */
  cpuSeconds(): Promise<number>;
  /** SIGKILL: it then dies as if by itself. */
  kill(): void;
  /** Resolves when the process is gone. */
  close(): Promise<void>;
}

/**
 * Starts a worker process and its WebRtcServer.
 * @throws {WorkerStartError} when the process does not start or its ports are taken.
 */
export async function startWorker(options: WorkerOptions): Promise<MediasoupWorker> {
  const call = createWorkerCall(options.requestTimeoutMs, options.clock);
  const started = withoutSignalHandlers(() =>
    mediasoup.createWorker({ logLevel: options.logLevel, ...(options.workerBin && { workerBin: options.workerBin }) }),
  );
  const starting = createWorkerCall(START_MS, options.clock)('start', started.result, (late) => late.close());
  const worker = await starting.catch((error: unknown) => {
    // A process that never said it runs: closing its channel is the only hold on it that mediasoup gives.
    for (const handler of started.removed.SIGTERM) handler('SIGTERM');
    throw new WorkerStartError(
      `The mediasoup worker did not start: ${message(error)}. Tried ${options.workerBin ?? mediasoup.workerBin}. ` +
        `Set MEDIASOUP_WORKER_BIN to a worker of mediasoup ${mediasoup.version}, or run \`npm start\` in the ` +
        'project, which downloads or builds one.',
      { cause: error },
    );
  });
  const made = worker.createWebRtcServer({ listenInfos: options.listenInfos });
  const webRtcServer = await call('createWebRtcServer', made).catch(async (error: unknown) => {
    await closeProcess(worker, options.clock);
    throw new WorkerStartError(explainListenError(error, options), { cause: error });
  });
  return new MediasoupWorker(worker, webRtcServer, call, options);
}

export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError';
}

export class MediasoupWorker implements PooledWorker {
  readonly index: number;
  readonly traffic: Traffic;
  readonly #worker: mediasoup.types.Worker;
  readonly #webRtcServer: mediasoup.types.WebRtcServer;
  readonly #call: WorkerCall;
  readonly #options: WorkerOptions;

  constructor(
    worker: mediasoup.types.Worker,
    webRtcServer: mediasoup.types.WebRtcServer,
    call: WorkerCall,
    options: WorkerOptions,
  ) {
    this.index = options.index;
    this.#worker = worker;
    this.#webRtcServer = webRtcServer;
    this.#call = call;
    this.#options = options;
    this.traffic = new Traffic(options.clock);
    followTraffic(worker, this.traffic, call);
  }

  get pid(): number {
    return this.#worker.pid;
  }

  createRouter(): Promise<MediaRouter> {
    return createMediasoupRouter(this.#worker, {
      call: this.#call,
      counts: this.#options.counts,
      webRtcServer: this.#webRtcServer,
      iceConsentTimeout: this.#options.iceConsentTimeout,
    });
  }

  onDied(listener: (error: Error, orderly: boolean) => void): void {
    if (this.#worker.died) queueMicrotask(() => listener(new Error('died while it was being set up'), false));
    // mediasoup tells how the process ended in the message only: "[pid:…, code:0, signal:null]".
    else this.#worker.once('died', (error) => listener(error, /\bcode:0\b/.test(error.message)));
  }

  async cpuSeconds(): Promise<number> {
    const usage = await this.#call('getResourceUsage', this.#worker.getResourceUsage());
    return (usage.ru_utime + usage.ru_stime) / 1_000;
  }

  /** What the process itself says it holds: for leak tests, which must not trust this side's books. */
  async holds(): Promise<{ routers: number; transports: number; objects: number; remembered: number }> {
    const [worker, server] = await Promise.all([
      this.#call('dump', this.#worker.dump()),
      this.#call('dump', this.#webRtcServer.dump()),
    ]);
    // Whatever can be asked something in there: all but the WebRTC server lives on a router.
    const objects = worker.channelMessageHandlers.channelRequestHandlers.length - worker.webRtcServerIds.length;
    // And what this side of mediasoup keeps of them.
    const remembered = keptBy(this.#webRtcServer).size;
    return { routers: worker.routerIds.length, transports: server.webRtcTransportIds.length, objects, remembered };
  }

  kill(): void {
    kill(this.#worker.pid);
  }

  close(): Promise<void> {
    return closeProcess(this.#worker, this.#options.clock);
  }
}

/** Closes and waits; a process that does not go (a hung or stopped one) is killed. */
async function closeProcess(worker: mediasoup.types.Worker, clock: Clock): Promise<void> {
  if (worker.subprocessClosed) return;
  const gone = new Promise<void>((resolve) => worker.once('subprocessclose', () => resolve()));
  worker.close();
  const timer = clock.after(CLOSE_MS, () => kill(worker.pid));
  await gone;
  clock.cancel(timer);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function explainListenError(error: unknown, { listenInfos }: WorkerOptions): string {
  const text = message(error);
  const where = /protocol:(\w+), ip:'([^']+)', port:(\d+)/.exec(text);
  const port = where?.[3] ?? listenInfos[0]?.port;
  if (/address already in use/i.test(text)) {
    return (
      `Port ${port} (${where?.[1] ?? 'udp or tcp'} on ${where?.[2] ?? 'an address'}) is in use, and a worker needs it ` +
      'for media. Stop what uses it, or set RTC_PORT to another first port (each worker takes one), or to 0 for free ones.'
    );
  }
  if (/address not available/i.test(text)) {
    return `RTC_LISTEN_IPS: this machine has no address ${where?.[2] ?? '(see the cause)'} (${text}).`;
  }
  return `The worker cannot listen for media: ${text}`;
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
