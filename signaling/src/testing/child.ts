import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from './until.ts';

export interface Child {
  readonly process: ChildProcess;
  /** The last of what it said. */
  readonly said: () => string;
  stop(): Promise<void>;
}

/** Starts a program and waits until it says that it is there. */
export async function startChild(
  program: string,
  args: readonly string[],
  { ready, stopBy = 'SIGTERM', ...options }: SpawnOptions & { ready: string; stopBy?: NodeJS.Signals },
): Promise<Child> {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => {
      said = (said + data.toString()).slice(-4_000);
    });
  }
  const stop = async () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(stopBy);
    await gone;
  };
  try {
    await until(
      `${program} to be ready`,
      () => {
        if (failure) throw failure;
        if (child.exitCode !== null) throw new Error(`${program} ended: ${said}`);
        return said.includes(ready);
      },
      30_000,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { process: child, said: () => said, stop };
}
