const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
type SignalHandler = (signal: NodeJS.Signals) => void;
type Handlers = Record<(typeof SIGNALS)[number], SignalHandler[]>;

/**
 * Runs `start` and takes out the SIGINT and SIGTERM handlers it installed, and only those.
 *
 * mediasoup's Worker constructor (3.27) does `process.once('SIGINT' | 'SIGTERM', this.onSignal)`, which closes
 * the worker at once: with it no drain is possible. `createWorker` runs that constructor before it returns its
 * promise, so what is new after the call is what it added.
 *
 * @returns what `start` returned, and the handlers taken out: calling one closes its worker.
 */
export function withoutSignalHandlers<T>(start: () => T): { result: T; removed: Handlers } {
  const before = handlers();
  const result = start();
  const after = handlers();
  const removed: Handlers = { SIGINT: [], SIGTERM: [] };
  for (const signal of SIGNALS) {
    removed[signal] = after[signal].filter((handler) => !before[signal].includes(handler));
    for (const handler of removed[signal]) process.removeListener(signal, handler);
  }
  return { result, removed };
}

function handlers(): Handlers {
  return {
    SIGINT: process.listeners('SIGINT') as SignalHandler[],
    SIGTERM: process.listeners('SIGTERM') as SignalHandler[],
  };
}
