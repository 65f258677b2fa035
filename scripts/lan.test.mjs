import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { lanInWords, lanSettings, readLan } from './lan.mjs';
import { lanAddress } from './lan-address.mjs';
import { lanCertificate } from './lan-certificate.mjs';
import { startFront } from './lan-front.mjs';

const DAY_MS = 86_400_000;

/** @param {Record<string, string[]>} addresses */
const interfaces = (addresses) =>
  Object.fromEntries(
    Object.entries(addresses).map(([name, list]) => [
      name,
      list.map((address) => {
        const internal = address.startsWith('127.') || address === '::1';
        const of = { address, netmask: '', mac: '', internal, cidr: null };
        return address.includes(':')
          ? { ...of, family: /** @type {const} */ ('IPv6'), scopeid: 0 }
          : { ...of, family: /** @type {const} */ ('IPv4') };
      }),
    ]),
  );

/** @param {import('node:test').TestContext} t */
function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'parley-lan-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('the address is the one a phone is most likely to reach', () => {
  const many = {
    lo: ['127.0.0.1'],
    docker0: ['172.17.0.1'],
    tailscale0: ['100.64.1.2'],
    eth0: ['10.0.0.5'],
    wlan0: ['fe80::1', '192.168.1.7'],
  };
  assert.equal(lanAddress(interfaces(many)), '192.168.1.7');
  assert.equal(lanAddress(interfaces({ docker0: ['172.17.0.1'], eth0: ['203.0.113.9'] })), '203.0.113.9');
  assert.equal(lanAddress(interfaces({ docker0: ['172.17.0.1'] })), '172.17.0.1');
  assert.equal(lanAddress(interfaces(many), '10.0.0.5'), '10.0.0.5');
});

test('without a network, or with an address that is not there, one line says so', () => {
  assert.throws(() => lanAddress(interfaces({ lo: ['127.0.0.1', '::1'] })), /in no network/);
  assert.throws(
    () => lanAddress(interfaces({ eth0: ['10.0.0.5'] }), '10.0.0.6'),
    /^StepError: --lan=10\.0\.0\.6: .* it has 10\.0\.0\.5\.$/,
  );
  assert.equal(readLan([]), undefined);
  assert.throws(() => readLan(['--lan', '--dev']), /does not go with/);
});

test('media is announced where the devices are, and only TLS reaches signaling', () => {
  const { signaling, sfu } = lanSettings('192.168.1.7');
  assert.deepEqual(
    [signaling.HOST, sfu.RTC_ANNOUNCED_ADDRESS, sfu.RTC_LISTEN_IPS],
    ['127.0.0.1', '192.168.1.7', '192.168.1.7,127.0.0.1'],
  );
});

test('the certificate names the address and is kept, for its owner alone', async (t) => {
  const path = folder(t);
  const first = await lanCertificate(path, '192.168.1.7');
  const certificate = new X509Certificate(first.cert);
  assert.equal(certificate.checkIP('192.168.1.7'), '192.168.1.7');
  assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
  assert.equal(certificate.checkHost('localhost'), 'localhost');
  assert.equal(certificate.ca, false);
  assert.ok(new Date(certificate.validTo).getTime() - new Date(certificate.validFrom).getTime() < 398 * DAY_MS);
  assert.deepEqual(await lanCertificate(path, '192.168.1.7'), first);
  for (const name of ['key.pem', 'certificate.pem']) assert.equal(statSync(join(path, name)).mode & 0o077, 0);
});

test('another address, or an end that is near, makes a new certificate of the same key; a broken file a new one', async (t) => {
  const path = folder(t);
  const first = await lanCertificate(path, '192.168.1.7');
  const moved = await lanCertificate(path, '10.0.0.5');
  assert.equal(moved.key, first.key);
  assert.notEqual(moved.cert, first.cert);
  assert.equal((await lanCertificate(path, '10.0.0.5', Date.now() + 300 * DAY_MS)).cert, moved.cert);
  const late = await lanCertificate(path, '10.0.0.5', Date.now() + 390 * DAY_MS);
  assert.notEqual(late.cert, moved.cert);
  writeFileSync(join(path, 'certificate.pem'), 'broken');
  const mended = await lanCertificate(path, '10.0.0.5');
  assert.ok(new X509Certificate(mended.cert).publicKey);
  writeFileSync(join(path, 'key.pem'), 'broken');
  const anew = await lanCertificate(path, '10.0.0.5');
  assert.notEqual(anew.key, first.key);
  assert.equal(readFileSync(join(path, 'key.pem'), 'utf8'), anew.key);
});

test('what comes in over TLS is answered by the server behind it, and all of it arrives', async (t) => {
  const large = 'x'.repeat(3_000_000);
  const server = createServer((_request, response) => response.setHeader('Connection', 'close').end(large));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  t.after(() => server.close());
  const address = server.address();
  const to = typeof address === 'object' && address ? address.port : 0;
  const { key, cert } = await lanCertificate(folder(t), '127.0.0.1');
  const front = await startFront({ port: 0, to, key, cert });
  t.after(() => front.close());
  const body = await new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port: front.port, ca: cert }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve(text));
    });
    asking.on('error', reject).end();
  });
  assert.equal(body.length, large.length);
  // Somebody who does not speak TLS is hung up on, and harms nobody.
  await new Promise((resolve) => {
    const socket = connect(front.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'));
    socket.on('error', () => {}).on('close', resolve);
  });
});

test('the address is said, and drawn for a camera', () => {
  const words = lanInWords('https://192.168.1.7:3000');
  assert.match(words, /Parley is ready: https:\/\/192\.168\.1\.7:3000\n/);
  assert.ok((words.split('\n')[0]?.length ?? 0) > 20 && /[█▀▄]/.test(words));
});
