import { equal, notEqual, ok } from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { freePort } from './ports.mjs';

test('a free port is no one that the system gives away by itself, and never the same again', async () => {
  const [first, second] = [await freePort(), await freePort()];
  notEqual(first, second);
  // By default that is from 32768 on.
  for (const port of [first, second]) ok(port >= 27_000 && port < 32_768, `${port}`);
  const server = createServer();
  await new Promise((resolve) => server.listen(first, '127.0.0.1', () => resolve(null)));
  equal(/** @type {import('node:net').AddressInfo} */ (server.address()).port, first);
  server.close();
});
