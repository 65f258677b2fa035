import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { makeCertificate } from '../scripts/turn-certificate.mjs';
import { TurnClient, TurnError } from '../scripts/turn-client.mjs';
import { hasTurn, TURN_SECRET, TurnProcess } from '../scripts/turn-process.mjs';

const skip = hasTurn() ? false : 'coturn is missing';
const HOST = '127.0.0.1';
const hasIpv6 = Object.values(networkInterfaces()).some((of) => of?.some(({ address }) => address === '::1'));

/** @param {Record<string, string>} settings @param {(turn: TurnProcess) => Promise<void>} act */
async function withTurn(settings, act) {
  const turn = await TurnProcess.start(settings);
  try {
    await act(turn);
  } catch (error) {
    console.error(turn.output);
    throw error;
  } finally {
    await turn.close();
  }
}

/** @param {TurnProcess} turn @param {(client: TurnClient) => Promise<void>} act @param {Partial<Parameters<typeof TurnClient.open>[0]>} [more] */
async function withClient(turn, act, more = {}) {
  const client = await TurnClient.open({ transport: 'udp', host: HOST, port: turn.port, ...more });
  try {
    await act(client);
  } finally {
    client.close();
  }
}

/** @param {number} code */
const refusedWith = (code) => (/** @type {unknown} */ error) => error instanceof TurnError && error.code === code;

describe('a real coturn, started through the entrypoint', { skip }, () => {
  test('two clients with credentials like those of signaling reach one another through it, by UDP and by TCP', () =>
    withTurn({}, async (turn) => {
      await withClient(turn, async (ann) => {
        await withClient(
          turn,
          async (ben) => {
            const [toAnn, toBen] = [
              await ann.allocate(turn.credentials('ann')),
              await ben.allocate(turn.credentials('ben')),
            ];
            await Promise.all([ann.permit(toBen), ben.permit(toAnn)]);
            const heard = new Promise((resolve) => {
              ben.onData = (peer, data) => resolve([peer, data.toString()]);
            });
            ann.send(toBen, Buffer.from('hello'));
            assert.deepEqual(await heard, [toAnn, 'hello']);
          },
          { transport: 'tcp' },
        );
      });
    }));

  test('whoever has no credentials, wrong ones, or such as have expired gets nothing', () =>
    withTurn({}, async (turn) => {
      const good = turn.credentials();
      for (const credentials of [
        { ...good, credential: 'wrong' },
        { ...good, username: good.username.replace('ann', 'ben') },
        turn.credentials('ann', -1_000),
        { username: 'ann', credential: TURN_SECRET },
      ]) {
        await withClient(turn, (client) => assert.rejects(client.allocate(credentials), refusedWith(401)));
      }
      await withClient(turn, async (client) => void (await client.allocate(good)));
    }));

  test('an allocation outlives the credentials it was made with', () =>
    withTurn({}, async (turn) => {
      await withClient(turn, async (client) => {
        const credentials = turn.credentials('ann', 2_500);
        await client.allocate(credentials);
        // What was given back counts for a moment yet, and its port is remembered: other refusals mean nothing.
        for (let error = null; !refusedWith(401)(error); await pause(50)) {
          await withClient(turn, async (late) => {
            error = await late.allocate(credentials).then(
              () => late.refresh(0),
              (reason) => reason,
            );
          });
        }
        await client.refresh(600);
      });
    }));

  test('it relays to nobody whom only its own network, or its own host, can reach', () =>
    withTurn({ TURN_TEST_LOOPBACK: '' }, async (turn) => {
      await withClient(turn, async (client) => {
        await client.allocate(turn.credentials());
        for (const host of [
          ...['127.0.0.1', '10.0.0.1', '100.64.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.254', '192.168.1.1'],
          ...['0.0.0.0', '168.63.129.16', '192.0.0.192', '224.0.0.1', '239.255.255.250', '255.255.255.255'],
        ]) {
          await assert.rejects(client.permit({ host, port: 80 }), refusedWith(403), host);
        }
        await client.permit({ host: '8.8.8.8', port: 80 });
      });
    }));

  test('and to none of their like in IPv6', { skip: skip || !hasIpv6 }, () =>
    withTurn({ TURN_TEST_LOOPBACK: '', TURN_LISTEN_IP: '127.0.0.1,::1' }, async (turn) => {
      await withClient(
        turn,
        async (client) => {
          await client.allocate(turn.credentials(), 6);
          for (const host of [
            ...['::1', '::', 'fd00::1', 'fc00::1', 'fe80::1', 'ff02::1', 'fd00:ec2::254', '2001:db8::1'],
            ...['::ffff:10.0.0.1', '64:ff9b::a00:1', '2002:a00:1::1', '2001::1'],
          ]) {
            await assert.rejects(client.permit({ host, port: 80 }), refusedWith(403), host);
          }
          await client.permit({ host: '2001:4860:4860::8888', port: 80 });
        },
        { host: '::1' },
      );
    }),
  );

  test('with the allowance for tests it relays on loopback, and still to no private network', () =>
    withTurn({}, async (turn) => {
      await withClient(turn, async (client) => {
        await client.allocate(turn.credentials());
        await client.permit({ host: '127.0.0.1', port: 9 });
        await assert.rejects(client.permit({ host: '10.0.0.1', port: 9 }), refusedWith(403));
      });
    }));

  test('an address that is allowed is an exception from the range around it', () =>
    withTurn({ TURN_ALLOWED_PEERS: '10.0.0.5' }, async (turn) => {
      await withClient(turn, async (client) => {
        await client.allocate(turn.credentials());
        await client.permit({ host: '10.0.0.5', port: 9 });
        await assert.rejects(client.permit({ host: '10.0.0.6', port: 9 }), refusedWith(403));
      });
    }));

  test('a user has so many allocations and no more, and leaves those of others alone', () =>
    withTurn({ TURN_USER_QUOTA: '2' }, async (turn) => {
      await withClient(turn, async (first) => {
        await withClient(turn, async (second) => {
          await first.allocate(turn.credentials('ann'));
          // Other credentials of the same user: what counts is who it is.
          await second.allocate(turn.credentials('ann', 500_000));
          await withClient(turn, async (third) => {
            await assert.rejects(third.allocate(turn.credentials('ann', 400_000)), refusedWith(486));
          });
          await withClient(turn, async (other) => void (await other.allocate(turn.credentials('ben'))));
        });
      });
    }));

  test('it leaves nothing on the disk, however it ends and how often it starts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-turn-disk-'));
    try {
      await withTurn({ TMPDIR: folder }, async (turn) => {
        assert.deepEqual(readdirSync(folder), [], 'while it runs');
        assert.notEqual(await turn.stop(), 'SIGKILL', 'it ends when it is asked to');
        await turn.startAgain();
        await turn.close();
        await turn.startAgain();
        await withClient(turn, async (client) => void (await client.allocate(turn.credentials())));
        assert.deepEqual(readdirSync(folder), [], 'after it ended twice');
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('over TLS it shows its certificate, and a renewed one without hanging up on anyone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-turn-cert-'));
    try {
      const [first, second] = [makeCertificate(folder, 'first'), makeCertificate(folder, 'second')];
      const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
      const install = (/** @type {typeof first} */ made) => {
        copyFileSync(made.cert, cert);
        copyFileSync(made.key, key);
      };
      install(first);
      await withTurn({ TURN_CERT: cert, TURN_KEY: key }, async (turn) => {
        const tls = { transport: /** @type {const} */ ('tls'), port: turn.tlsPort };
        const [oldCa, newCa] = [readFileSync(first.cert), readFileSync(second.cert)];
        await withClient(
          turn,
          async (client) => {
            await client.allocate(turn.credentials());
            await assert.rejects(
              TurnClient.open({ ...tls, host: HOST, ca: newCa }),
              'a certificate nobody vouches for',
            );
            install(second);
            turn.reloadCertificate();
            for (;;) {
              const renewed = await TurnClient.open({ ...tls, host: HOST, ca: newCa }).catch(() => null);
              renewed?.close();
              if (renewed) break;
            }
            await client.refresh(600);
          },
          { ...tls, ca: oldCa },
        );
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
