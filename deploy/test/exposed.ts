import { type ServerOptions, ServerProcess } from '../../scripts/server-process.mjs';
import { ensureWorker } from '../../scripts/worker.mjs';

const CONTROL_SECRET = 'the-secret-of-a-test-of-metrics';
const SCRAPE_DEADLINE_MS = 10_000;
/** What becomes of a histogram in a scrape. */
const PARTS = ['_bucket', '_sum', '_count'];

/** Names of everything a server answers to `GET /metrics`, also of what has no value yet. */
async function exposedBy(options: ServerOptions): Promise<string[]> {
  const server = new ServerProcess(options);
  try {
    const port = await server.listening;
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
      signal: AbortSignal.timeout(SCRAPE_DEADLINE_MS),
    });
    return [...(await response.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
      type === 'histogram' ? PARTS.map((part) => name + part) : [name],
    );
  } finally {
    await server.stop();
  }
}

/** The same of both servers. */
export async function exposedMetrics(): Promise<Set<string>> {
  const common = { HOST: '127.0.0.1', PORT: '0', CONTROL_SECRET };
  const sfu = { ...common, RTC_PORT: '0', WORKERS: '1', MEDIASOUP_WORKER_BIN: await ensureWorker() };
  const names = await Promise.all([
    exposedBy({ name: 'signaling', entry: 'signaling/src/main.ts', env: common }),
    exposedBy({ name: 'sfu-server', entry: 'sfu-server/src/main.ts', env: sfu }),
  ]);
  return new Set(names.flat());
}
