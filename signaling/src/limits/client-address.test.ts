import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientAddresses, isNetwork, type TrustedProxies } from './client-address.ts';

const address = (trusted: TrustedProxies, remoteAddress: string | undefined, forwarded?: string) =>
  new ClientAddresses(trusted).addressOf({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  });

test('without trusted proxies the address is the socket’s, whatever the header says', () => {
  assert.equal(address([], '203.0.113.7', '198.51.100.1'), '203.0.113.7');
  assert.equal(address([], '::ffff:203.0.113.7'), '203.0.113.7');
  assert.equal(address([], undefined), '');
});

test('behind trusted proxies it is the last address that no trusted proxy has', () => {
  const proxies = ['10.0.0.0/8', 'fd00::/8', '192.0.2.1'];
  assert.equal(address(proxies, '10.0.0.1', '198.51.100.1'), '198.51.100.1');
  assert.equal(address(proxies, '::ffff:10.0.0.1', '198.51.100.1'), '198.51.100.1');
  assert.equal(address(proxies, 'fd00::1', '198.51.100.1, 10.2.3.4,192.0.2.1'), '198.51.100.1');
  assert.equal(address(proxies, '10.0.0.1', '1.1.1.1, 198.51.100.1'), '198.51.100.1', 'what a client claims');
  assert.equal(address(proxies, '203.0.113.7', '198.51.100.1'), '203.0.113.7', 'who comes by another way');
  assert.equal(address(proxies, '10.0.0.1'), '10.0.0.1');
  assert.equal(address(proxies, '10.0.0.1', '10.0.0.2, 10.0.0.3'), '10.0.0.2');
});

test('a number of proxies is counted from the server', () => {
  assert.equal(address(1, '10.0.0.1', '1.1.1.1, 198.51.100.1'), '198.51.100.1');
  assert.equal(address(2, '10.0.0.1', '1.1.1.1, 198.51.100.1, 10.0.0.2'), '198.51.100.1');
  assert.equal(address(2, '10.0.0.1', '198.51.100.1'), '198.51.100.1');
  assert.equal(address(1, '10.0.0.1'), '10.0.0.1');
});

test('ports, brackets and zones do not matter, and garbage is not followed', () => {
  assert.equal(address(1, '10.0.0.1', '198.51.100.1:4711'), '198.51.100.1');
  assert.equal(address(1, '10.0.0.1', '[2001:DB8::1]:443'), '2001:db8::1');
  assert.equal(address(1, '10.0.0.1', 'fe80::1%eth0'), 'fe80::1');
  for (const garbage of ['unknown', '<script>', ' , ,', '999.1.1.1', '_hidden']) {
    assert.equal(address(1, '10.0.0.1', garbage), '10.0.0.1', garbage);
  }
});

test('IPv6 counts by /64, IPv4 by address', () => {
  const key = (remoteAddress: string) => new ClientAddresses([]).keyOf({ socket: { remoteAddress }, headers: {} });
  assert.equal(key('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(key('2001:db8:1:2:ffff::1'), '2001:db8:1:2::/64');
  assert.equal(key('2001:0db8:0001:0002::'), '2001:db8:1:2::/64');
  assert.equal(key('2001:db8::1'), '2001:db8:0:0::/64');
  assert.equal(key('::1'), '0:0:0:0::/64');
  assert.equal(key('64:ff9b::192.0.2.1'), '64:ff9b:0:0::/64');
  assert.equal(key('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(key('192.0.2.1'), '192.0.2.1');
});

test('a network is an address, or one with a number of bits', () => {
  for (const good of ['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0']) assert.ok(isNetwork(good), good);
  for (const bad of ['', 'proxy', '10.0.0.0/33', '::/129', '10.0.0.0/8/8', '10.0.0.0/', '10.0/8', '10.0.0.0/-1']) {
    assert.ok(!isNetwork(bad), bad);
  }
});
