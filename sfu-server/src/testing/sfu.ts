import type { TestContext } from 'node:test';
import { type Clock, type Logger, silentLogger, systemClock } from '@parley/shared/runtime';
import { type Config, readConfig } from '../config.ts';
import { type SfuServer, startSfuServer } from '../server.ts';
import { ControlLink, type LinkOptions } from './link.ts';
import { workerBin } from './worker-bin.ts';

export const SECRET = 'a secret of the tests';

/** A configuration for tests: free ports, loopback only, one worker. */
export function testConfig(env: Record<string, string> = {}): Config {
  const defaults = {
    PORT: '0',
    RTC_PORT: '0',
    RTC_LISTEN_IPS: '127.0.0.1',
    WORKERS: '1',
    NODE_ID: 'sfu-test',
    CONTROL_SECRET: SECRET,
  };
  return readConfig({ ...defaults, ...env }, { cpus: 1, randomId: () => 'random' });
}

export interface TestSfu extends SfuServer {
  link(options?: Partial<LinkOptions>): Promise<ControlLink>;
}

/** A whole server in this process, with a real worker; it ends with the test. */
export async function startTestSfu(
  t: TestContext,
  options: { env?: Record<string, string>; clock?: Clock; log?: Logger } = {},
): Promise<TestSfu> {
  const server = await startSfuServer({
    config: testConfig(options.env),
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLogger,
    workerBin,
  });
  const links = new Set<ControlLink>();
  t.after(async () => {
    for (const link of links) link.close();
    await server.close();
  });
  return Object.assign(server, {
    link: async (more: Partial<LinkOptions> = {}) => {
      const link = await ControlLink.open({ port: server.port, secret: SECRET, ...more });
      links.add(link);
      return link;
    },
  });
}
