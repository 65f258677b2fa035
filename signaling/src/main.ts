import './heap.ts';

import { randomBytes } from 'node:crypto';
import { createLogger, systemClock } from '@parley/shared/runtime';
import { ConfigError } from '@parley/shared/runtime/environment';
import { readConfig } from './config.ts';
import { startSignaling } from './server.ts';
import { RegisteredNodes } from './sfu/registered-nodes.ts';
import { SfuRegistry } from './sfu/registry.ts';

/** Shutting down takes no longer than this. */
const SHUTDOWN_DEADLINE_MS = 3_000;

/** An SFU node whose host refuses connections is given up after this: a second look, should the first have been a mistake. */
const REFUSED_GRACE_MS = 100;

const config = configOrExit();
const { nodeId } = config;
const logger = createLogger({
  level: config.logLevel,
  write: (line) => process.stdout.write(`${line}\n`),
  bound: { service: 'signaling', nodeId },
});

process.on('uncaughtException', (error) => {
  logger.error('uncaught exception', { error });
  process.exit(1);
});
process.on('unhandledRejection', (error) => {
  logger.error('unhandled rejection', { error });
  process.exit(1);
});

const sfu = new SfuRegistry({
  urls: config.sfuUrls,
  isFollowing: config.redisUrls.length > 0,
  region: config.region,
  nodeId,
  secret: config.controlSecret,
  clock: systemClock,
  logger,
  requestTimeoutMs: 5_000,
  graceMs: config.sfuLinkGraceMs,
  refusedGraceMs: Math.min(REFUSED_GRACE_MS, config.sfuLinkGraceMs),
  linkWaitMs: 2_000,
});

try {
  const server = await startSignaling({ config, sfu, clock: systemClock, logger });
  const { redis } = server.cluster;
  if (redis) {
    const registered = new RegisteredNodes({
      link: redis.link,
      prefix: config.redisPrefix,
      clock: systemClock,
      logger,
      onLook: (nodes) => sfu.follow(nodes),
    });
    await registered.look();
  }
  // Whoever started us waits for this line, whatever LOG_LEVEL says.
  const announce = createLogger({ level: 'info', write: (line) => process.stdout.write(`${line}\n`) });
  announce.info('listening', { service: 'signaling', nodeId, port: server.port });
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    logger.info('stopping', { signal });
    systemClock.after(SHUTDOWN_DEADLINE_MS, () => process.exit(0));
    // SFU rooms are left open: their calls go on, and members bring them back to the next signaling process.
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error('stopping failed', { error });
        process.exit(1);
      },
    );
  };
  let draining = false;
  process.on('SIGTERM', () => {
    // Told twice, it has no patience left.
    // Alone, there is nobody to hand the clients to.
    if (draining || config.redisUrls.length === 0) return stop('SIGTERM');
    draining = true;
    void server.drain().finally(() => stop('SIGTERM'));
  });
  process.on('SIGINT', () => stop('SIGINT'));
} catch (error) {
  logger.error('not started', { error });
  process.exit(1);
}

function configOrExit() {
  try {
    return readConfig(process.env, {
      id: () => randomBytes(6).toString('base64url'),
      secret: () => randomBytes(32).toString('base64url'),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(error.exitCode);
  }
}
