import { equal, match } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../scripts/command.mjs';
import { inRoot, nodeBin } from '../../scripts/paths.mjs';
import { makeCertificate } from '../../scripts/turn-certificate.mjs';
import { hasTurn, TURN_SECRET, TurnProcess } from '../../scripts/turn-process.mjs';
import { launchBrowser } from './harness/index.ts';
import { callThrough } from './turn/relayed-call.ts';

/** Three calls, and a browser that starts. */
const CHECK_DEADLINE_MS = 90_000;
const skip = hasTurn() ? false : 'coturn is missing';

test('npm run turn:check has two browsers hear one another by UDP, by TCP and by TLS', { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-turn-check-'));
  const { cert, key } = makeCertificate(folder, 'turn');
  const turn = await TurnProcess.start({ TURN_CERT: cert, TURN_KEY: key });
  try {
    const args = [inRoot('scripts/turn-check.mjs'), turn.url, '--tls-port', String(turn.tlsPort), '--ca', cert];
    const env = { ...process.env, TURN_SECRET };
    const { code, output } = await run(nodeBin, args, { env, deadlineMs: CHECK_DEADLINE_MS });
    equal(code, 0, output);
    equal(output.match(/^✓ turns?:\S+ carries a call between two browsers$/gm)?.length, 3, output);
  } finally {
    await turn.close();
    await rm(folder, { recursive: true });
  }
});

test('without the secret of a TURN server no call goes through it', { skip }, async () => {
  const turn = await TurnProcess.start();
  const browser = await launchBrowser();
  try {
    const urls = `${turn.url}?transport=udp`;
    const complaint = await callThrough(browser, { urls, ...turn.credentials(), credential: 'wrong' });
    match(complaint ?? '', /^the browser gets no relay: 401 /);
  } finally {
    await browser.close();
    await turn.close();
  }
});

test('a TURN server that does not relay to itself is found out by a call', { skip }, async () => {
  const turn = await TurnProcess.start({ TURN_TEST_LOOPBACK: '' });
  const browser = await launchBrowser();
  try {
    const complaint = await callThrough(browser, { urls: `${turn.url}?transport=udp`, ...turn.credentials() });
    match(complaint ?? '', /do not reach one another/);
  } finally {
    await browser.close();
    await turn.close();
  }
});
