import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { freePort } from './ports.mjs';
import { makeCertificate } from './turn-certificate.mjs';
import { probe, targetsOf } from './turn-probe.mjs';
import { hasTurn, TurnProcess } from './turn-process.mjs';

const skip = hasTurn() ? false : 'coturn is missing';
const folder = mkdtempSync(join(tmpdir(), 'parley-turn-probe-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/**
 * @param {Record<string, string>} settings of coturn
 * @param {(turn: TurnProcess) => Promise<void>} act
 */
async function withTurn(settings, act) {
  const turn = await TurnProcess.start(settings);
  try {
    await act(turn);
  } finally {
    await turn.close();
  }
}

/** Verdicts by what they are about, without ports. @param {string} url @param {Partial<Parameters<typeof probe>[1]> & { tlsPort?: number }} options */
async function verdictsOf(url, { tlsPort, ...options }) {
  const credentials = { username: 'nobody', credential: 'nothing' };
  const findings = await probe(targetsOf(url, tlsPort) ?? [], { credentials, deadlineMs: 1_500, ...options });
  return Object.fromEntries(findings.map(({ what, verdict }) => [what.split(' ')[0], verdict]));
}

test('a URL names a server over one transport, or over each', () => {
  const host = 'turn.parley.test';
  assert.deepEqual(targetsOf(`turn:${host}`), [
    { transport: 'udp', host, port: 3478 },
    { transport: 'tcp', host, port: 3478 },
    { transport: 'tls', host, port: 5349 },
  ]);
  assert.deepEqual(targetsOf(`turns:${host}:443`), [{ transport: 'tls', host, port: 443 }]);
  assert.deepEqual(targetsOf('turn:[::1]:1?transport=tcp'), [{ transport: 'tcp', host: '::1', port: 1 }]);
  for (const wrong of ['', host, `stun:${host}`, `turn://${host}`, `turns:${host}?transport=udp`]) {
    assert.equal(targetsOf(wrong), null, wrong);
  }
});

describe('of a real coturn it says', { skip }, () => {
  test('that all is well, over UDP, TCP and TLS', () => {
    const { cert, key } = makeCertificate(folder, 'well');
    return withTurn({ TURN_CERT: cert, TURN_KEY: key }, async (turn) => {
      const { url, tlsPort } = turn;
      const credentials = turn.credentials();
      const verdicts = await verdictsOf(url, { credentials, tlsPort, ca: readFileSync(cert) });
      assert.deepEqual(verdicts, { UDP: 'ok', relay: 'ok', TCP: 'ok', TLS: 'ok' });
      // Browsers know no authority that vouches for it.
      assert.deepEqual(await verdictsOf(`turns:127.0.0.1:${tlsPort}`, { credentials }), { TLS: 'certificate' });
    });
  });

  test('that TLS is not there', () =>
    withTurn({}, async (turn) => {
      const credentials = turn.credentials();
      assert.equal((await verdictsOf(turn.url, { credentials, tlsPort: turn.tlsPort })).TLS, 'closed');
    }));

  test('that the secret is another, or that the credentials have ended', () =>
    withTurn({ TURN_SECRET: 'Zz9-another-than-ours-5kQ' }, async (turn) => {
      const wrong = { UDP: 'wrong_secret', TCP: 'wrong_secret' };
      assert.deepEqual(await verdictsOf(`${turn.url}?transport=udp`, { credentials: turn.credentials() }), {
        UDP: wrong.UDP,
      });
      assert.deepEqual(await verdictsOf(`${turn.url}?transport=tcp`, { credentials: turn.credentials() }), {
        TCP: wrong.TCP,
      });
      const late = turn.credentials('ann', -60_000);
      assert.deepEqual(await verdictsOf(`${turn.url}?transport=udp`, { credentials: late }), { UDP: 'expired' });
    }));

  test('that it tells the others a wrong address', () =>
    withTurn({ TURN_EXTERNAL_IP: '127.0.0.9/127.0.0.1' }, async (turn) => {
      const verdicts = await verdictsOf(`${turn.url}?transport=udp`, { credentials: turn.credentials() });
      assert.deepEqual(verdicts, { UDP: 'ok', relay: 'wrong_external_address' });
    }));

  // The relays are at another address than the one the others are told, so nothing arrives: as with a firewall before them.
  test('that nothing arrives at the relays', () =>
    withTurn({ TURN_EXTERNAL_IP: '127.0.0.1/127.0.0.2' }, async (turn) => {
      const verdicts = await verdictsOf(`${turn.url}?transport=udp`, { credentials: turn.credentials() });
      assert.deepEqual(verdicts, { UDP: 'ok', relay: 'range_blocked' });
    }));

  test('that the relays have to be tried from outside, where it relays to no address like ours', () =>
    withTurn({ TURN_TEST_LOOPBACK: '' }, async (turn) => {
      const verdicts = await verdictsOf(`${turn.url}?transport=tcp`, { credentials: turn.credentials() });
      assert.deepEqual(verdicts, { TCP: 'ok', relay: 'untried' });
    }));

  test('that a user has no more', () =>
    withTurn({ TURN_USER_QUOTA: '1' }, async (turn) => {
      const credentials = turn.credentials();
      assert.deepEqual(await verdictsOf(turn.url, { credentials, tlsPort: turn.tlsPort }), {
        ...{ UDP: 'ok', relay: 'ok', TCP: 'quota', TLS: 'closed' },
      });
    }));
});

test('where nothing listens it says that the port is closed, and where nothing answers that it is silent', async () => {
  const port = await freePort();
  assert.deepEqual(await verdictsOf(`turn:127.0.0.1:${port}`, { tlsPort: port }), {
    ...{ UDP: 'closed', TCP: 'closed', TLS: 'closed' },
  });
  const mute = createSocket('udp4');
  const server = createServer((socket) => socket.on('error', () => {}));
  try {
    await new Promise((resolve) => mute.bind(0, '127.0.0.1', () => resolve(null)));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
    const { port: tcp } = /** @type {import('node:net').AddressInfo} */ (server.address());
    assert.deepEqual(await verdictsOf(`turn:127.0.0.1:${mute.address().port}?transport=udp`, {}), { UDP: 'silent' });
    assert.deepEqual(await verdictsOf(`turn:127.0.0.1:${tcp}?transport=tcp`, {}), { TCP: 'silent' });
    assert.deepEqual(await verdictsOf(`turns:127.0.0.1:${tcp}`, {}), { TLS: 'silent' });
  } finally {
    mute.close();
    server.close();
  }
});

test('where something else than TLS answers it says so', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  try {
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    assert.deepEqual(await verdictsOf(`turns:127.0.0.1:${port}`, {}), { TLS: 'not_tls' });
  } finally {
    server.close();
  }
});

test('a name that nobody knows is named', async () => {
  assert.deepEqual(await verdictsOf('turn:turn.invalid?transport=udp', {}), { UDP: 'unknown_host' });
});
