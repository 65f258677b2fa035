import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEVELOPMENT_CONTROL_SECRET } from '@parley/shared/control';
import { ConfigError } from '@parley/shared/runtime/environment';
import { readConfig } from './config.ts';

const machine = { cpus: 4, randomId: () => 'sfu-random' };
const read = (env: Record<string, string> = {}) => readConfig(env, machine);
const refused = (env: Record<string, string>, message: RegExp) =>
  assert.throws(
    () => read(env),
    (error) => error instanceof ConfigError && message.test(error.message),
  );

test('an empty environment gives the documented defaults, frozen', () => {
  const config = read();
  assert.deepEqual(config, {
    port: 4000,
    host: '127.0.0.1',
    nodeId: 'sfu-random',
    region: '',
    logLevel: 'info',
    controlSecret: DEVELOPMENT_CONTROL_SECRET,
    controlUrl: undefined,
    redis: { urls: [], cluster: false, prefix: 'parley' },
    workers: 4,
    capacity: 2000,
    rtcPort: 40_000,
    rtcListenIps: 'auto',
    rtcAnnouncedAddress: undefined,
    rtcConsentTimeoutS: 30,
    pipe: { ip: '127.0.0.1', announcedAddress: undefined, portRange: undefined, lossy: true },
    orphanLeaseMs: 60_000,
    drainDeadlineMs: 60_000,
    workerRequestTimeoutMs: 5_000,
    workerProbeIntervalMs: 500,
    workerHungMs: 2_000,
    workerPacketsMax: 60_000,
    workerPeersMax: 1_000_000,
    speakerSlots: 6,
    directProducersMax: 24,
    speakerSlotsCalmMs: 30_000,
    workerLogLevel: 'error',
  });
  assert.ok(Object.isFrozen(config));
});

test('pipes to other nodes are where the node is, unless told otherwise', () => {
  const secret = { CONTROL_SECRET: 'a long enough secret of the tests, really', NODE_ENV: 'production' };
  const pipe = (env: Record<string, string>) => read({ ...secret, ...env }).pipe;
  assert.equal(pipe({ HOST: '10.0.0.7' }).ip, '10.0.0.7');
  assert.equal(pipe({ HOST: 'localhost' }).ip, '127.0.0.1');
  const anywhere = pipe({ HOST: '0.0.0.0', CONTROL_URL: 'http://sfu-2:4000' });
  assert.deepEqual([anywhere.ip, anywhere.announcedAddress], ['0.0.0.0', 'sfu-2']);
  const told = { PIPE_LISTEN_IP: '10.0.0.8', PIPE_ANNOUNCED_ADDRESS: '192.0.2.8', PIPE_PORTS: '41000-41099' };
  assert.deepEqual(pipe({ HOST: '0.0.0.0', ...told }), {
    ip: '10.0.0.8',
    announcedAddress: '192.0.2.8',
    portRange: { min: 41_000, max: 41_099 },
    lossy: true,
  });
  refused({ PIPE_PORTS: '5-2' }, /PIPE_PORTS/);
  refused({ PIPE_PORTS: '41000' }, /PIPE_PORTS/);
  refused({ PIPE_LISTEN_IP: 'sfu-2' }, /PIPE_LISTEN_IP/);
});

test('what is set is used; what is set to nothing is not', () => {
  const config = read({
    PORT: ' 0 ',
    NODE_ID: 'north-1',
    REGION: '',
    WORKERS: '2',
    RTC_LISTEN_IPS: '10.0.0.1, 127.0.0.1,10.0.0.1,',
    RTC_ANNOUNCED_ADDRESS: 'sfu.example.org',
    LOG_LEVEL: '',
  });
  assert.equal(config.port, 0);
  assert.equal(config.nodeId, 'north-1');
  assert.equal(config.capacity, 1000);
  assert.deepEqual(config.rtcListenIps, ['10.0.0.1', '127.0.0.1']);
  assert.equal(config.rtcAnnouncedAddress, 'sfu.example.org');
  assert.equal(config.logLevel, 'info');
});

test('values that do not fit are refused by name', () => {
  refused({ PORT: '70000' }, /PORT must be at most 65535/);
  refused({ PORT: '4000x' }, /PORT must be a whole number/);
  refused({ PORT: '-1' }, /PORT/);
  refused({ WORKERS: '0' }, /WORKERS must be at least 1/);
  refused({ LOG_LEVEL: 'loud' }, /LOG_LEVEL must be debug/);
  refused({ RTC_PORT: '65535', WORKERS: '2' }, /RTC_PORT 65535 leaves no room/);
  refused({ RTC_LISTEN_IPS: ',' }, /RTC_LISTEN_IPS is empty/);
  refused({ RTC_LISTEN_IPS: '0.0.0.0' }, /RTC_ANNOUNCED_ADDRESS must be set/);
  refused({ CONTROL_URL: 'sfu-1:4000' }, /CONTROL_URL must be http/);
  refused({ CONTROL_URL: 'http://sfu-1/path' }, /CONTROL_URL must be http/);
  refused({ REDIS_URL: 'http://redis' }, /REDIS_URL must be/);
  refused({ PORT: 'x', WORKERS: 'y' }, /PORT.*\nWORKERS/);
});

test('a key that looks like ours but is none is refused; others are not ours to judge', () => {
  refused({ RTC_PORTS: '40000' }, /RTC_PORTS is not a setting; did you mean RTC_PORT\?/);
  refused({ WORKER_TIMEOUT: '1' }, /WORKER_TIMEOUT/);
  refused({ ORPHAN_LEASE: '1' }, /ORPHAN_LEASE is not/);
  read({ HOME: '/', NODE_OPTIONS: '', MEDIASOUP_WORKER_BIN: '/x', SFU_URLS: 'x' });
});

test('a secret of one’s own is needed in production and wherever others can connect', () => {
  const secret = 'sixteen characters';
  refused({ NODE_ENV: 'production' }, /CONTROL_SECRET must be set outside development/);
  refused({ NODE_ENV: 'production', CONTROL_SECRET: 'short' }, /at least 16/);
  refused({ NODE_ENV: 'production', CONTROL_SECRET: DEVELOPMENT_CONTROL_SECRET }, /of your own/);
  refused({ HOST: '0.0.0.0' }, /HOST \(0\.0\.0\.0\) is not loopback: CONTROL_SECRET must be set/);
  assert.equal(read({ NODE_ENV: 'production', CONTROL_SECRET: secret }).controlSecret, secret);
  assert.equal(read({ HOST: '0.0.0.0', CONTROL_SECRET: secret }).controlSecret, secret);
  assert.equal(read({ CONTROL_SECRET: 'short' }).controlSecret, 'short');
});
