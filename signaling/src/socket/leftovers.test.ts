// What Socket.IO keeps of a connection's beginning is its own business, and changes with its versions: here it shows.
import assert from 'node:assert/strict';
import { type IncomingMessage, Server } from 'node:http';
import { type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

const CONNECTIONS = 5;

test('the HTTP request of a connection does not live as long as the connection', async (t) => {
  const requests = upgradesOf(t);
  const server = await TestServer.start(t);
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => server.member(t, 'Someone')));
  assert.equal(requests.length, CONNECTIONS);
  const collect = garbageCollector();
  await until('all requests to be gone', () => {
    collect();
    return requests.every((request) => request.deref() === undefined);
  });
  for (const client of clients) assert.equal((await client.snapshot()).participants.length, CONNECTIONS);
});

/** The requests for an upgrade that a server of this process gets, held weakly. */
function upgradesOf(t: TestContext): WeakRef<IncomingMessage>[] {
  const requests: WeakRef<IncomingMessage>[] = [];
  const { emit } = Server.prototype;
  // Not a mock of node:test: that would keep the arguments.
  Server.prototype.emit = function (this: Server, name: string, ...args: unknown[]) {
    if (name === 'upgrade') requests.push(new WeakRef(args[0] as IncomingMessage));
    return Reflect.apply(emit, this, [name, ...args]);
  };
  t.after(() => {
    Server.prototype.emit = emit;
  });
  return requests;
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
