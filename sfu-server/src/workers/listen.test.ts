import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { test } from 'node:test';
import { type ListenOptions, listenInfos } from './listen.ts';

const address = (ip: string, family: 'IPv4' | 'IPv6' = 'IPv4') =>
  ({ address: ip, family, internal: ip.startsWith('127.') }) as NetworkInterfaceInfo;
const interfaces = {
  lo: [address('127.0.0.1'), address('::1', 'IPv6')],
  eth0: [address('192.168.1.5'), address('fe80::1', 'IPv6')],
};
const options: ListenOptions = { ips: 'auto', announcedAddress: undefined, port: 40_001, interfaces };

test('auto listens on every IPv4 address, UDP before TCP, loopback last', () => {
  assert.deepEqual(listenInfos(options), [
    { protocol: 'udp', ip: '192.168.1.5', port: 40_001 },
    { protocol: 'tcp', ip: '192.168.1.5', port: 40_001 },
    { protocol: 'udp', ip: '127.0.0.1', port: 40_001 },
    { protocol: 'tcp', ip: '127.0.0.1', port: 40_001 },
  ]);
});

test('a machine without a network still has loopback', () => {
  assert.deepEqual(
    listenInfos({ ...options, interfaces: {} }).map(({ ip }) => ip),
    ['127.0.0.1', '127.0.0.1'],
  );
});

test('port 0 leaves the port to the worker', () => {
  assert.deepEqual(listenInfos({ ...options, ips: ['127.0.0.1'], port: 0 }), [
    { protocol: 'udp', ip: '127.0.0.1' },
    { protocol: 'tcp', ip: '127.0.0.1' },
  ]);
});

test('the announced address stands for the first that is not loopback, and for nothing else', () => {
  const announcedAddress = '203.0.113.9';
  assert.deepEqual(
    listenInfos({ ...options, announcedAddress }).map((info) => info.announcedAddress),
    [announcedAddress, announcedAddress, undefined, undefined],
  );
  const named = listenInfos({ ...options, ips: ['127.0.0.1', '10.0.0.1', '10.0.0.2'], announcedAddress });
  assert.deepEqual(
    named.filter((info) => info.announcedAddress).map(({ ip, exposeInternalIp }) => [ip, exposeInternalIp]),
    [
      ['10.0.0.1', false],
      ['10.0.0.1', false],
    ],
  );
});
