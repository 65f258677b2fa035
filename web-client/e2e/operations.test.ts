import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { accessibilityProblems } from './harness/accessibility.ts';
import { DemoPage, isGone, isVisible } from './harness/demo.ts';
import { expectClosed, expectMatrix, type Person, play, playFleet, type Scene, type Servers } from './harness/index.ts';

const ADMIN_KEY = 'a-key-for-operators-of-the-tests';
/** A third person makes a room too large for a mesh. */
const signaling = { ADMIN_KEY, MESH_MAX_PEERS: 2, MESH_RETURN_PEERS: 1 };

async function openDesk(scene: Scene<Servers>): Promise<Page> {
  const { page } = await DemoPage.open(scene, '/ops');
  await page.getByLabel('Admin key').fill(ADMIN_KEY);
  await page.getByRole('button', { name: 'Open' }).click();
  await isVisible(page.getByText('Live', { exact: true }));
  return page;
}

const row = (page: Page, table: string, text: string): Locator =>
  page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: text });

/** Presses a button, and means it. */
async function confirm(page: Page, button: string, verb: string): Promise<void> {
  await page.getByRole('button', { name: button }).click();
  await page.getByRole('dialog').getByRole('button', { name: verb, exact: true }).click();
}

test('an operator sees a call appear, mutes someone, ends the room and drains the node', () =>
  play(
    { signaling, sfuServer: { NODE_ID: 'sfu-north', REGION: 'north', DRAIN_DEADLINE_MS: 60_000 } },
    async (scene) => {
      const page = await openDesk(scene);
      await isVisible(page.getByText('Nobody talks just now.'));
      await isVisible(row(page, 'Media servers', 'sfu-north').getByText('north', { exact: true }));

      const [ann, ben] = (await scene.join('kitchen', ['Ann', 'Ben'])) as [Person, Person];
      await isVisible(row(page, 'Rooms', 'kitchen').getByText('P2P', { exact: true }));
      const [cleo] = (await scene.join('kitchen', ['Cleo'])) as [Person];
      await isVisible(row(page, 'Rooms', 'kitchen').getByText('SFU', { exact: true }));

      await page.getByRole('button', { name: 'kitchen', exact: true }).click();
      await isVisible(page.getByText('At home on sfu-north'));
      const person = (name: string) => row(page, 'People in kitchen', name);
      for (const name of ['Ann', 'Ben', 'Cleo']) await isVisible(person(name).getByText('open microphone'));

      // Not meant after all.
      await page.getByRole('button', { name: 'Mute Ben' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
      await isGone(page.getByRole('dialog'));
      await confirm(page, 'Mute Ben', 'Mute');
      await isVisible(page.getByRole('status').getByText('Ben is muted.'));
      await isVisible(person('Ben').getByText('muted by a moderator'));
      await expectMatrix([ann, ben, cleo], (_listener, speaker) => speaker !== ben);
      await confirm(page, 'Give Ben the word back', 'Give it back');
      await isVisible(person('Ben').getByText('open microphone'));
      deepEqual(await accessibilityProblems(page), []);

      await confirm(page, 'End room', 'End the room');
      for (const one of [ann, ben, cleo]) await expectClosed(one, 'room_ended');
      await isVisible(page.getByText('There is no such room any more.'));
      await isVisible(page.getByRole('status').getByText('kitchen has been ended.'));

      await confirm(page, 'Drain sfu-north', 'Drain');
      await isVisible(page.getByRole('status').getByText('sfu-north drains.'));
      await isVisible(page.getByText('None is in reach.'));
    },
  ));

test('an operator sees the workers of a node, whom they carry, and that one was killed and replaced', () =>
  playFleet({ sfus: 1, signaling, sfuServer: { WORKERS: 2 } }, async (scene) => {
    const page = await openDesk(scene);
    const workers = page.getByRole('listitem').filter({ hasText: /^Worker \d/ });
    await page.getByText(/^2 workers, the busiest at \d+ %/).click();
    await isVisible(workers.nth(1));
    await scene.join('kitchen', ['Ann', 'Ben', 'Cleo']);
    await isVisible(workers.filter({ hasText: '3 people' }));
    process.kill(scene.platform.home.worker, 'SIGKILL');
    await isVisible(workers.filter({ hasText: 'replaced once' }));
    await isVisible(page.getByText('1 replaced', { exact: true }));
    deepEqual(await accessibilityProblems(page), []);
  }));

test('what an operator wants and cannot be done is said in words, and nothing has changed', () =>
  play({ signaling }, async (scene) => {
    const page = await openDesk(scene);
    const [ann] = (await scene.join('kitchen', ['Ann'])) as [Person];
    await page.getByRole('button', { name: 'kitchen', exact: true }).click();
    await page.getByRole('button', { name: 'End room' }).click();
    await ann.leave();
    await isVisible(page.getByText('There is no such room any more.'));
    await page.getByRole('dialog').getByRole('button', { name: 'End the room' }).click();
    await isVisible(page.getByRole('dialog').getByRole('alert').getByText('There is no such room any more.'));
    await page.keyboard.press('Escape');
    await isGone(page.getByRole('dialog'));

    await scene.platform.endSignaling('kill');
    await isVisible(page.getByRole('status').getByText('The server is out of reach'));
    await scene.platform.startSignaling();
    await isVisible(page.getByText('Live', { exact: true }));
  }));

test('without the right key nothing is shown; the key is in no address, and the page forgets it', () =>
  play({ signaling }, async (scene) => {
    await scene.join('kitchen', ['Ann']);
    const { page } = await DemoPage.open(scene, '/ops');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('websocket', (socket) => asked.push(socket.url()));
    await page.getByLabel('Admin key').fill('a-guess-at-the-key');
    await page.keyboard.press('Enter');
    await isVisible(page.getByRole('alert').getByText('That is not the key.'));
    equal(await page.getByText('kitchen').count(), 0);
    await page.getByLabel('Admin key').fill(ADMIN_KEY);
    await page.keyboard.press('Enter');
    await isVisible(page.getByRole('button', { name: 'kitchen', exact: true }));
    ok(asked.some((url) => url.startsWith('ws:')));
    deepEqual(
      asked.filter((url) => /key|guess/.test(url)),
      [],
    );
    equal(scene.report.includes(ADMIN_KEY), false, 'nor is it logged');
    await page.reload();
    await isVisible(page.getByLabel('Admin key'));
    equal(await page.getByText('kitchen').count(), 0);
  }));

test('the page of those who only talk carries nothing of it', () =>
  play({ signaling }, async (scene) => {
    const page = await scene.openTab();
    const files: string[] = [];
    page.on('request', (request) => files.push(new URL(request.url()).pathname));
    await page.goto(scene.platform.url);
    await isVisible(page.getByRole('button', { name: 'Join', exact: true }));
    deepEqual(
      files.filter((path) => path.includes('operations')),
      [],
    );
  }));

for (const [what, viewport, colorScheme] of [
  ['a screen', { width: 1280, height: 800 }, 'dark'],
  ['a phone', { width: 360, height: 740 }, 'light'],
] as const) {
  test(`on ${what} everything has a name for a screen reader, and nothing scrolls sideways`, () =>
    play({ signaling, sfuServer: { WORKERS: 3 } }, async (scene) => {
      await scene.join('A room with a name as long as names may be: unwrappablewordstoo', ['Ann', 'Ben', 'Cleo']);
      const { page } = await DemoPage.open(scene, '/ops');
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await isVisible(page.getByLabel('Admin key'));
      deepEqual(await accessibilityProblems(page), []);
      await page.getByLabel('Admin key').fill(ADMIN_KEY);
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: /^A room with a name/ }).click();
      await isVisible(row(page, 'People in A room', 'Ann'));
      await page.getByText(/^3 workers/).click();
      await isVisible(page.getByRole('listitem').filter({ hasText: /^Worker \d ?load \d+ % CPU \d+ % 3 people$/ }));
      deepEqual(await accessibilityProblems(page), []);
      await page.getByRole('button', { name: 'End room' }).click();
      deepEqual(await accessibilityProblems(page), []);
    }));
}
