import { deepEqual, equal, match } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { until } from '@parley/e2e/harness';
import { ChildProgram } from '../../scripts/child-program.mjs';
import { inRoot } from '../../scripts/paths.mjs';
import { freePort } from '../../scripts/ports.mjs';
import { upgrade } from '../topology/ask.ts';
import { writeCertificate } from '../topology/certificate.ts';
import { check, programOf, without } from './checkers.ts';
import { compose } from './compose.ts';
import { filledEnv } from './example-env.ts';
import { nginxArguments, writeNginx } from './nginx.ts';

const skip = without('nginx-light') || without('openssl');

test('nginx takes the configuration that is shipped, with the values docker-compose.yml gives it', {
  skip,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-nginx-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeCertificate(folder);
  const env = compose(filledEnv((name) => `a-${name}`)).services.nginx?.environment ?? {};
  const own = { TLS_CERTIFICATE: join(folder, 'fullchain.pem'), TLS_KEY: join(folder, 'privkey.pem') };
  const configuration = await writeNginx(folder, { ...env, ...own });
  const output = await check('nginx-light', '-t', ...nginxArguments(folder, configuration));
  match(output, /test is successful/);
});

/** In place of a signaling node: takes WebSockets, or answers 503 as one that drains. */
class FakeNode {
  isDraining = false;
  /** WebSockets it was given; none of them ends. */
  taken = 0;
  readonly port: number;
  #server: Server | undefined;

  constructor(port: number) {
    this.port = port;
  }

  async start(): Promise<void> {
    const server = createServer((_, response) => response.writeHead(503).end());
    server.on('upgrade', (_, socket) => {
      socket.on('error', () => {});
      // It stays open, as those of people do.
      if (this.isDraining) return socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n');
      this.taken += 1;
      return socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.#server = server;
  }

  stop(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}

/** What the walk in docs/operations.md tells nginx of its nodes, with other ports. */
function serversOfDocs(ports: readonly number[]): string {
  const [, servers = ''] = /SIGNALING_SERVERS='([^']+)'/.exec(readFileSync(inRoot('docs/operations.md'), 'utf8')) ?? [];
  return ports.reduce((text, port, i) => text.replace(`:300${i + 1}`, `:${port}`), servers);
}

/** @returns what asks it for a WebSocket, as `upgrade` does */
async function startNginx(t: TestContext, servers: string) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-nginx-'));
  await writeCertificate(folder);
  const httpsPort = await freePort();
  const configuration = await writeNginx(folder, {
    PARLEY_DOMAIN: 'localhost',
    SIGNALING_SERVERS: servers,
    HTTP_PORT: String(await freePort()),
    HTTPS_PORT: String(httpsPort),
    TLS_CERTIFICATE: join(folder, 'fullchain.pem'),
    TLS_KEY: join(folder, 'privkey.pem'),
    ACME_ROOT: folder,
  });
  const nginx = new ChildProgram(programOf('nginx-light'), nginxArguments(folder, configuration));
  t.after(async () => {
    await nginx.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const ca = await readFile(join(folder, 'fullchain.pem'), 'utf8');
  return (take?: (socket: Duplex) => void) => upgrade(httpsPort, ca, take);
}

test('who comes is sent to the node with fewer people', { skip }, async (t) => {
  const nodes = [new FakeNode(await freePort()), new FakeNode(await freePort())] as const;
  const people: Duplex[] = [];
  t.after(() => {
    for (const person of people) person.destroy();
    for (const node of nodes) node.stop();
  });
  const [first, second] = nodes;
  const connect = await startNginx(t, serversOfDocs(nodes.map(({ port }) => port)));
  const come = () => connect((socket) => void people.push(socket));
  await second.start();
  await until('nginx to answer', async () => ((await come().catch(() => 0)) === 101 ? null : 'not yet'));
  while (people.length < 3) equal(await come(), 101);
  await first.start();
  while (people.length < 6) equal(await come(), 101);
  deepEqual([first.taken, second.taken], [3, 3]);
});

test('of two nodes that are updated one after the other, the first takes everyone as soon as it is back', {
  skip,
}, async (t) => {
  const nodes = [new FakeNode(await freePort()), new FakeNode(await freePort())] as const;
  t.after(() => {
    for (const node of nodes) node.stop();
  });
  const [first, second] = nodes;
  const connect = await startNginx(t, serversOfDocs(nodes.map(({ port }) => port)));
  await second.start();
  // nginx is up when it answers, and the first node is not.
  await until('nginx to answer', async () => ((await connect().catch(() => 0)) === 101 ? null : 'not yet'));
  for (let i = 0; i < 4; i += 1) equal(await connect(), 101, 'people come to the second node meanwhile');
  await first.start();
  second.isDraining = true;
  const statuses: number[] = [];
  for (let i = 0; i < 6; i += 1) statuses.push(await connect());
  deepEqual(statuses, [101, 101, 101, 101, 101, 101]);
});
