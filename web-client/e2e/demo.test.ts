import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { createAccessToken } from '@parley/voice-sdk/server';
import { accessibilityProblems } from './harness/accessibility.ts';
import { DemoPage, isGone, isVisible } from './harness/demo.ts';
import { hurry } from './harness/hurry.ts';
import { type Person, play, until } from './harness/index.ts';

const apiSecret = 'an-API-secret-for-the-tests-of-32-bytes-and-more';

/** Waits until `viewer` sees someone called `name` like this. */
async function expectSeen(viewer: Person, name: string, state: Record<string, unknown>): Promise<void> {
  await until(`${viewer.name} sees ${name} ${JSON.stringify(state)}`, async () => {
    const seen: Record<string, unknown> | undefined = (await viewer.view()).participants.find((it) => it.name === name);
    return seen && Object.entries(state).every(([key, value]) => seen[key] === value) ? null : JSON.stringify(seen);
  });
}

test('on the page one joins, is heard, mutes, deafens, sees the call move to the SFU, and leaves', () =>
  play({ signaling: { MESH_MAX_PEERS: 2 } }, async (scene) => {
    const demo = await DemoPage.open(scene);
    await demo.join('Dora', 'kitchen');
    await isVisible(demo.participant('Dora'));
    await isVisible(demo.button('P2P'));

    const [ann] = (await scene.join('kitchen', ['Ann'])) as [Person];
    await isVisible(demo.participant('Ann').getByText('talking'));
    await isVisible(demo.page.getByRole('slider', { name: 'Volume of Ann' }));
    // Chromium's fake microphone beeps once a second.
    await expectSeen(ann, 'Dora', { speaking: true, muted: false });

    await demo.button('Mute').click();
    await expectSeen(ann, 'Dora', { muted: true });
    await demo.page.keyboard.press('m');
    await isVisible(demo.button('Mute'));
    await expectSeen(ann, 'Dora', { muted: false });
    await demo.page.keyboard.press('m');
    await expectSeen(ann, 'Dora', { muted: true });
    await demo.page.keyboard.down('Space');
    await expectSeen(ann, 'Dora', { muted: false });
    await demo.page.keyboard.up('Space');
    await expectSeen(ann, 'Dora', { muted: true });
    await demo.button('Unmute').click();

    await demo.button('Deafen').click();
    await expectSeen(ann, 'Dora', { deafened: true });
    await demo.button('Undeafen').click();
    await expectSeen(ann, 'Dora', { deafened: false });

    const [ben] = (await scene.join('kitchen', ['Ben'])) as [Person];
    await isVisible(demo.button('SFU'));
    await isVisible(demo.participant('Ben').getByText('talking'));
    await expectSeen(ben, 'Dora', { speaking: true });

    await demo.button('Leave').click();
    await isVisible(demo.button('Join'));
    await until('Dora is gone', async () => {
      const { participants } = await ann.view();
      return participants.some(({ name }) => name === 'Dora') ? 'Ann still sees her.' : null;
    });
  }));

test('the page says in words when the server is gone, and goes on when it is back', () =>
  play({}, async (scene) => {
    const demo = await DemoPage.open(scene);
    await demo.join('Dora', 'kitchen');
    await isVisible(demo.participant('Dora'));
    const [ann] = (await scene.join('kitchen', ['Ann'])) as [Person];
    await isVisible(demo.participant('Ann').getByText('talking'));

    await scene.platform.endSignaling('kill');
    const status = demo.page.getByRole('status').filter({ hasText: 'Reconnecting' });
    await isVisible(status);
    await isVisible(demo.participant('Ann').getByText('talking'));
    await scene.platform.startSignaling();
    await isGone(status);
    await isVisible(demo.participant('Ann').getByText('talking'));
    await expectSeen(ann, 'Dora', { connection: 'connected' });
  }));

test('the page says in words that the server cannot be reached, and that a room is full', () =>
  play({ sfu: false, signaling: { MESH_MAX_PEERS: 1 } }, async (scene) => {
    await scene.join('kitchen', ['Ann']);
    const demo = await DemoPage.open(scene);
    await demo.join('Dora', 'kitchen');
    const alert = demo.page.getByRole('alert');
    await isVisible(alert.filter({ hasText: 'This room is full' }));
    await isVisible(alert.filter({ hasText: 'Wait until someone leaves' }));

    await scene.platform.endSignaling('kill');
    await hurry(demo.page, async () => {
      await demo.button('Join').click();
      await isVisible(alert.filter({ hasText: 'The server cannot be reached' }));
    });
    await scene.platform.startSignaling();
    await demo.join('Dora', 'pantry');
    await isVisible(demo.participant('Dora'));
  }));

test('without a microphone the page says so, and one can still listen', () =>
  play({}, async (scene) => {
    const demo = await DemoPage.open(scene);
    await demo.page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    });
    await demo.join('Dora', 'kitchen');
    await isVisible(demo.page.getByRole('alert').filter({ hasText: 'The microphone is blocked' }).first());
    await demo.button('Just listen').click();
    await isVisible(demo.participant('Dora').getByText('muted'));
    const [ann] = (await scene.join('kitchen', ['Ann'])) as [Person];
    await isVisible(demo.participant('Ann').getByText('talking'));
    await expectSeen(ann, 'Dora', { muted: true });
  }));

test('a link leads to its room, and what cannot be a name is said at its field', () =>
  play({}, async (scene) => {
    const demo = await DemoPage.open(scene, '/r/attic');
    deepEqual(await demo.page.getByLabel('Room', { exact: true }).inputValue(), 'attic');
    await demo.join('', 'attic');
    const name = demo.page.getByLabel('Your name', { exact: true });
    deepEqual(await name.getAttribute('aria-invalid'), 'true');
    await demo.join('Dora', 'attic');
    await isVisible(demo.participant('Dora'));
  }));

test('a moderator pins someone on the page, and everyone sees it', () =>
  play({ signaling: { API_KEYS: `key:${apiSecret}` } }, async (scene) => {
    const token = createAccessToken({ apiKey: 'key', apiSecret, userId: 'dora', grants: { moderate: true } });
    const demo = await DemoPage.open(scene, `/#token=${token}`);
    await demo.join('Dora', 'kitchen');
    const [ann] = (await scene.join('kitchen', ['Ann'])) as [Person];
    const guest = await DemoPage.open(scene);
    await guest.join('Greta', 'kitchen');

    const pin = demo.button('Pin Ann');
    deepEqual(await pin.getAttribute('aria-pressed'), 'false');
    await pin.click();
    await isVisible(guest.participant('Ann').getByText('pinned'));
    await isVisible(demo.participant('Ann').getByText('pinned'));
    deepEqual(await pin.getAttribute('aria-pressed'), 'true');
    await expectSeen(ann, 'Ann', { pinned: true });
    deepEqual(await guest.button('Pin Ann').count(), 0, 'a guest pins nobody');
    deepEqual(await accessibilityProblems(demo.page), []);
    await pin.click();
    await isGone(guest.participant('Ann').getByText('pinned'));
    await expectSeen(ann, 'Ann', { pinned: false });
  }));

for (const [what, viewport] of [
  ['a screen', { width: 1280, height: 800 }],
  ['a phone', { width: 360, height: 740 }],
] as const) {
  test(`on ${what} everything has a name for a screen reader, and nothing scrolls sideways`, () =>
    play({}, async (scene) => {
      const demo = await DemoPage.open(scene);
      await demo.page.setViewportSize(viewport);
      await isVisible(demo.button('Join'));
      deepEqual(await accessibilityProblems(demo.page), []);
      await demo.join('Dora', 'kitchen');
      await isVisible(demo.participant('Dora'));
      deepEqual(await accessibilityProblems(demo.page), []);
      await scene.join('kitchen', ['Ann']);
      await isVisible(demo.participant('Ann'));
      deepEqual(await accessibilityProblems(demo.page), []);
      for (const name of ['Mute', 'Deafen', 'Leave']) await isVisible(demo.button(name));
    }));
}
