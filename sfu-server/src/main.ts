import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { createLogger, systemClock } from '@parley/shared/runtime';
import { ConfigError } from '@parley/shared/runtime/environment';
import { readConfig } from './config.ts';
import { startSfuServer } from './server.ts';

const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

function fail(message: string, error: unknown): never {
  createLogger({ level: 'error', write }).error(message, { error });
  // For a person at a terminal: the reason once more, as plain text.
  if (error instanceof Error) process.stderr.write(`sfu-server: ${error.message}\n`);
  process.exit(1);
}

process.on('uncaughtException', (error) => fail('uncaught exception', error));
process.on('unhandledRejection', (error) => fail('unhandled rejection', error));

async function main(): Promise<void> {
  const config = readConfig(process.env, {
    cpus: availableParallelism(),
    randomId: () => `sfu-${randomUUID().slice(0, 8)}`,
  });
  const log = createLogger({ level: config.logLevel, write });

  // Asked to stop while it still starts, it stops as soon as it has started.
  let stop = (_signal: NodeJS.Signals): void => {
    stopped = true;
  };
  let stopped = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(signal));

  const server = await startSfuServer({ config, clock: systemClock, log });
  // Whatever has not ended by then does so with this process: a worker whose channel closes exits.
  server.closed.then(
    () => process.exit(0),
    (error: unknown) => fail('closing failed', error),
  );
  const close = () => void server.close().catch(() => {});
  stop = (signal) => {
    // Told twice, it has no patience left.
    stop = close;
    if (signal === 'SIGINT') close();
    else server.drain();
  };
  if (stopped) return close();
  // At any LOG_LEVEL: whoever started this process waits for this line.
  const { port } = server;
  createLogger({ level: 'info', write }).info('listening', { port, host: config.host, nodeId: config.nodeId });
}

main().catch((error: unknown) => {
  if (!(error instanceof ConfigError)) fail('start failed', error);
  // What is wrong with the settings, as signaling says it: where that is in the code is of no use to anyone.
  process.stderr.write(`sfu-server: ${error.message}\n`);
  process.exit(error.exitCode);
});
