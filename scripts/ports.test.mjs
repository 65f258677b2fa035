import { equal, notEqual, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { freePort } from './ports.mjs';

test('a free port is no one that the system gives away by itself, and never the same again', async () => {
  const [first, second] = [await freePort(), await freePort()];
  notEqual(first, second);
  const [lowest = 0, highest = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    .split('\t')
    .map(Number);
  for (const port of [first, second]) ok(port < lowest || port > highest, `${port} is one of ${lowest} to ${highest}`);
  const server = createServer();
  await new Promise((resolve) => server.listen(first, '127.0.0.1', () => resolve(null)));
  equal(/** @type {import('node:net').AddressInfo} */ (server.address()).port, first);
  server.close();
});
