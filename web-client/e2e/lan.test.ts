import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { ChildProgram } from '../../scripts/child-program.mjs';
import { inRoot } from '../../scripts/paths.mjs';
import { freePort } from '../../scripts/ports.mjs';
import { isVisible } from './harness/demo.ts';
import { launchBrowser, until } from './harness/index.ts';

/** Of both servers, one after the other, 5 s each. */
const STOP_DEADLINE_MS = 15_000;

const ADDRESS = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

/** Keeps the peer connections of a page within reach. */
function keepConnections(): void {
  const kept: RTCPeerConnection[] = [];
  const Original = RTCPeerConnection;
  Object.assign(window, {
    kept,
    RTCPeerConnection: class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        kept.push(this);
      }
    },
  });
}

/** The addresses that a page's sound goes to. */
function mediaAddresses(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { kept } = window as unknown as { kept: RTCPeerConnection[] };
    const found = new Set<string>();
    for (const connection of kept) {
      const stats = new Map<string, { type: string; [field: string]: unknown }>();
      for (const [id, entry] of (await connection.getStats()) as unknown as Iterable<[string, { type: string }]>) {
        stats.set(id, entry);
      }
      for (const { type, selectedCandidatePairId } of [...stats.values()]) {
        if (type !== 'transport' || typeof selectedCandidatePairId !== 'string') continue;
        const remote = stats.get(String(stats.get(selectedCandidatePairId)?.remoteCandidateId));
        if (remote) found.add(String(remote.address));
      }
    }
    return [...found];
  });
}

test('npm start -- --lan: a call over https at the address of this network, its sound too', {
  skip: ADDRESS === undefined && 'this machine is in no network',
}, async () => {
  const port = await freePort();
  const url = `https://${ADDRESS}:${port}`;
  const env = { ...process.env, PORT: String(port), RTC_PORT: '0', MESH_MAX_PEERS: '1', MESH_RETURN_PEERS: '0' };
  const parley = new ChildProgram(process.execPath, [inRoot('scripts/start.mjs'), `--lan=${ADDRESS}`], env);
  try {
    await until(
      'it is ready',
      () => (parley.output.includes(`Parley is ready: ${url}`) ? null : parley.output),
      60_000,
    );
    match(parley.output, /[█▀▄]{10}/, 'a code for a camera');
    const browser = await launchBrowser();
    try {
      const enter = async (name: string) => {
        const context = await browser.newContext({ ignoreHTTPSErrors: true, permissions: ['microphone'] });
        const page = await context.newPage();
        await page.addInitScript(keepConnections);
        await page.goto(url);
        ok(await page.evaluate(() => isSecureContext), 'the page may have a microphone');
        await page.getByLabel('Your name', { exact: true }).fill(name);
        await page.getByLabel('Room', { exact: true }).fill('garden');
        await page.getByRole('button', { name: 'Join', exact: true }).click();
        return page;
      };
      const ann = await enter('Ann');
      const ben = await enter('Ben');
      const talks = (page: Page, name: string) =>
        isVisible(
          page
            .getByRole('list', { name: 'Participants' })
            .getByRole('listitem')
            .filter({ hasText: name })
            .getByText('talking'),
        );
      // Chromium's fake microphone beeps once a second.
      await talks(ann, 'Ben');
      await talks(ben, 'Ann');
      await isVisible(ann.getByRole('button', { name: 'SFU', exact: true }));
      await until('the sound goes to that address alone', async () => {
        const addresses = await mediaAddresses(ann);
        return addresses.join() === ADDRESS ? null : `it goes to ${addresses.join(', ')}`;
      });
      deepEqual(await mediaAddresses(ben), [ADDRESS]);
    } finally {
      await browser.close();
    }
    equal(await parley.stop(STOP_DEADLINE_MS), 'exit code 0');
  } finally {
    await parley.kill();
  }
});
