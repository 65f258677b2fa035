import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  expectMatrix,
  expectTopology,
  type Person,
  playWith,
  SilenceWatch,
  until,
  WireClient,
} from '@parley/e2e/harness';
import { without } from '../test/checkers.ts';
import { type Answer, ask, upgrade } from './ask.ts';
import { Topology } from './topology.ts';

const skip = (['nginx-light', 'prometheus', 'openssl', 'redis-server', 'coturn', 'chromium'] as const)
  .map(without)
  .find((reason) => reason !== false);

/** The certificate is signed by itself. */
const FLAGS = ['--ignore-certificate-errors'];
/** Rooms stay where they are, however few are in them. */
const STAY = { MESH_RETURN_PEERS: '0' };
/** A fresh node of a busy machine takes its time to take over. */
const NEVER_THIS_SILENT_MS = 10_000;

/** Who come while a node drains: enough for some to be led to it at first. */
const STRANGERS = 6;
/** Brings a room to the SFU, and leaves. */
const HOST = 'Host';

const total = (all: readonly Map<string, number>[], name: string) =>
  all.reduce((sum, metrics) => sum + (metrics.get(name) ?? 0), 0);

async function expectNobodyLost(people: readonly Person[]): Promise<void> {
  for (const person of people) {
    equal((await person.view()).connectionState, 'connected', person.name);
    const left = (await person.eventsOf('participantLeft')).map(({ data }) => (data as [{ name: string }])[0].name);
    deepEqual(
      left.filter((name) => name !== HOST),
      [],
      `${person.name} saw someone leave`,
    );
    equal(await person.closedWith(), null, person.name);
  }
}

test('all of docker-compose.yml, as processes: people talk through it while it is renewed and drained', { skip }, (t) =>
  playWith(
    (origins) => Topology.start(origins, STAY),
    FLAGS,
    async (scene) => {
      const { platform } = scene;
      const { signaling, sfu } = platform.nodes;
      const [origin] = [scene.pages.origin];
      /** What comes after it is tried as well, so each tells by itself what was said until it failed. */
      const step = (name: string, act: (t: TestContext) => Promise<void>) =>
        t.test(name, async (t) => {
          await act(t).catch((error: unknown) => {
            console.error(scene.report);
            throw error;
          });
        });
      const get = async (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
        ask(platform.httpsPort, path, { ca: await platform.certificate(), headers });

      await step('pages and the SDK come by TLS, to be kept as long as they hold', async () => {
        const page = await get('/some-room');
        equal(page.status, 200);
        match(page.body, /<!doctype html>/i);
        match(String(page.headers['content-security-policy']), /default-src 'self'/);
        match(String(page.headers['strict-transport-security']), /max-age/);
        equal(page.headers['cache-control'], 'no-cache');
        const [asset] = /\/assets\/[\w.-]+\.js/.exec(page.body) ?? [];
        const script = await get(asset ?? '', { 'accept-encoding': 'gzip' });
        deepEqual(
          [script.status, script.headers['cache-control'], script.headers['content-encoding']],
          [200, 'public, max-age=31536000, immutable', 'gzip'],
        );
        const sdk = await get('/sdk/parley-voice.js', { origin: String(origin) });
        deepEqual([sdk.status, sdk.headers['access-control-allow-origin']], [200, origin]);
        const stranger = await get('/sdk/parley-voice.js', { origin: 'https://elsewhere.test' });
        equal(stranger.headers['access-control-allow-origin'], undefined);
        const plain = await fetch(`http://127.0.0.1:${platform.httpPort}/some-room?x=1`, { redirect: 'manual' });
        deepEqual([plain.status, plain.headers.get('location')], [308, 'https://localhost/some-room?x=1']);
      });

      await step('the admin API and the metrics do not come out, however they are asked for', async () => {
        const paths = [
          '/metrics',
          '/v1',
          '/v1/rooms',
          '//v1/rooms',
          '/%76%31/rooms',
          '/x/../v1/rooms',
          '/v1/../health',
        ];
        for (const path of [...paths, '/metrics?x', '/./metrics', '/v1/%2e%2e/health']) {
          equal((await get(path)).status, 404, path);
        }
        const inside = await fetch(`http://127.0.0.1:${signaling[0]?.port}/metrics`);
        equal(inside.status, 200);
      });

      const mesh = await scene.join('small', ['Ann', 'Ben']);
      // Someone who asks for the SFU as a client with a weak uplink does, and goes.
      const host = await WireClient.connect(`http://127.0.0.1:${signaling[0]?.port}`);
      await host.join('large', HOST);
      await host.promote();
      const large = await scene.join('large', ['Cleo', 'Dan']);
      await host.leave();
      host.close();
      const people = [...mesh, ...large];
      const sameRoom = (a: Person, b: Person) => mesh.includes(a) === mesh.includes(b);

      await step('two talk in a mesh and two on the SFU, on both signaling nodes', async () => {
        await expectMatrix(people, sameRoom);
        await expectTopology(mesh, 'mesh');
        await expectTopology(large, 'sfu');
        // How many on each is for nginx's own test: here one may be coming back from a lost connection.
        await until('everyone to be connected, through both nodes', async () => {
          const each = await Promise.all(signaling.map((node) => node.metrics()));
          const counts = each.map((node) => node.get('parley_connections') ?? 0);
          const isSo = Math.min(...counts) > 0 && total(each, 'parley_connections') === people.length;
          return isSo ? null : `There are ${counts}.`;
        });
        equal(total(await Promise.all(sfu.map((node) => node.metrics())), 'parley_sfu_peers'), 2);
      });

      await step('TURN lets in whoever has joined, by UDP, by TCP and by TLS', async () => {
        const servers = host.iceServers as readonly { urls: string[]; username: string; credential: string }[];
        const ways = servers.flatMap(({ urls, ...credentials }) => urls.map((url) => ({ urls: url, ...credentials })));
        match(ways.map(({ urls }) => urls).join(), /^turn:.*transport=udp,turn:.*transport=tcp,turns:/);
        const page = await scene.openPage();
        for (const way of ways) {
          // Each by itself: Chromium says of a relayed candidate by which way it is only where that is not UDP.
          const isRelayed = await page.evaluate(async (server) => {
            const connection = new RTCPeerConnection({ iceServers: [server], iceTransportPolicy: 'relay' });
            const found = new Promise<boolean>((resolve) => {
              connection.onicecandidate = ({ candidate }) => resolve(candidate?.type === 'relay');
              setTimeout(resolve, 10_000, false);
            });
            connection.createDataChannel('');
            await connection.setLocalDescription();
            const is = await found;
            connection.close();
            return is;
          }, way);
          ok(isRelayed, way.urls);
        }
        await page.close();
      });

      await step('a renewed certificate is shown at once, and nobody notices', async () => {
        const before = (await get('/health')).certificate;
        const watch = await SilenceWatch.begin(people);
        const joined = await Promise.all(
          signaling.map(async (node) => (await node.metrics()).get('parley_handshakes_total')),
        );
        await platform.renewCertificate();
        await until('the new certificate', async () => {
          const shown = await get('/health').catch(() => undefined);
          return shown && shown.certificate !== before ? null : 'It is still the old one.';
        });
        await expectMatrix(people, sameRoom);
        await expectNobodyLost(people);
        const after = await Promise.all(
          signaling.map(async (node) => (await node.metrics()).get('parley_handshakes_total')),
        );
        deepEqual(after, joined, 'nobody had to connect again');
        const { longestMs } = await watch.read();
        t.diagnostic(`certificate renewed: longest silence ${longestMs.toFixed(0)} ms`);
        ok(longestMs < NEVER_THIS_SILENT_MS);
      });

      await step('a signaling node drains, and nginx sends its people to the other', async () => {
        const [first, second] = signaling;
        ok(first && second);
        const watch = await SilenceWatch.begin(people);
        const ended = await first.stop(async () => {
          await until('it to take nobody any more', async () => {
            const { status } = await fetch(`http://127.0.0.1:${first.port}/ready`);
            return status === 503 ? null : `It answers ${status}.`;
          });
          const ca = await platform.certificate();
          for (let i = 0; i < STRANGERS; i += 1) equal(await upgrade(platform.httpsPort, ca), 101);
        });
        equal(ended, 'exit code 0');
        equal((await second.metrics()).get('parley_connections'), 4);
        await expectMatrix(people, sameRoom);
        await expectNobodyLost(people);
        const { longestMs } = await watch.read();
        t.diagnostic(`signaling drained: longest silence ${longestMs.toFixed(0)} ms`);
        ok(longestMs < NEVER_THIS_SILENT_MS);
        ok(!platform.log.includes('"code":"server_shutdown"'), 'nobody was sent to a node that takes nobody');
        await first.startAgain();
      });

      await step('an SFU node drains: its room goes on at the other', async () => {
        const peers = await Promise.all(sfu.map(async (node) => (await node.metrics()).get('parley_sfu_peers')));
        const home = sfu[peers.indexOf(2)];
        const other = sfu.find((node) => node !== home);
        ok(home && other, `peers: ${peers}`);
        const watch = await SilenceWatch.begin(large);
        equal(await home.stop(), 'exit code 0');
        equal((await other.metrics()).get('parley_sfu_peers'), 2);
        await expectMatrix(people, sameRoom);
        await expectNobodyLost(people);
        const { longestMs } = await watch.read();
        t.diagnostic(`SFU node drained: longest silence ${longestMs.toFixed(0)} ms`);
        ok(longestMs < NEVER_THIS_SILENT_MS);
        await home.startAgain();
      });

      await step('Prometheus sees every node, and what its rules record', async () => {
        const query = async (expr: string) => {
          const url = `http://127.0.0.1:${platform.prometheusPort}/api/v1/query?query=${encodeURIComponent(expr)}`;
          const { data } = (await (await fetch(url)).json()) as { data: { result: { value: [number, string] }[] } };
          return data.result.map(({ value }) => Number(value[1]));
        };
        await until('all targets to be up', async () => {
          const up = await query('sum by (job) (up)');
          return String(up) === '2,2' ? null : await platform.scrapeErrors();
        });
        await until('the load of both SFU nodes', async () => {
          const loads = await query('parley:sfu_node_load:ratio');
          return loads.length === 2 ? null : `${loads}`;
        });
        equal(await query('ALERTS{alertstate="firing"}').then(String), '', 'nothing is wrong');
      });
    },
  ),
);
