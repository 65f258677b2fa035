import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { accessibilityProblems } from './harness/accessibility.ts';
import { DemoPage, isGone, isVisible } from './harness/demo.ts';
import { play, type Scene } from './harness/index.ts';

/** Someone at the form, as it is filled in. */
async function visitor(scene: Scene, name: string, topic = 'Anything'): Promise<DemoPage> {
  const demo = await DemoPage.open(scene, '/meet');
  await demo.page.getByLabel('Your name', { exact: true }).fill(name);
  await demo.page.getByRole('radio', { name: topic }).check();
  return demo;
}

const start = (demo: DemoPage) => demo.button('Meet someone').click();

/** Whoever sees someone called `name` first. */
function firstToMeet(name: string, candidates: DemoPage[]): Promise<DemoPage> {
  return Promise.any(candidates.map((demo) => isVisible(demo.participant(name)).then(() => demo)));
}

/** They see each other, and hear each other: Chromium's fake microphone beeps once a second. */
async function expectTogether(one: DemoPage, other: DemoPage, names: [string, string]): Promise<void> {
  await isVisible(one.participant(names[1]).getByText('talking'));
  await isVisible(other.participant(names[0]).getByText('talking'));
}

test('strangers find each other, talk, go on, and are left', () =>
  play({}, async (scene) => {
    const ann = await visitor(scene, 'Ann');
    await start(ann);
    await ann.says('Looking for someone…');
    deepEqual(await accessibilityProblems(ann.page), []);
    const ben = await visitor(scene, 'Ben');
    deepEqual(await accessibilityProblems(ben.page), []);
    await start(ben);
    await expectTogether(ann, ben, ['Ann', 'Ben']);
    deepEqual(await accessibilityProblems(ann.page), []);
    await isVisible(ann.page.getByRole('heading', { name: 'Ben' }));

    await ann.page.keyboard.press('m');
    await isVisible(ben.participant('Ann').getByText('muted'));
    await ben.page.keyboard.press('n');
    await ben.says('Looking for someone…');
    await ann.says('Ben left.');
    await ann.button('Meet someone else').click();
    // They have only just met: they wait for others.
    const cleo = await visitor(scene, 'Cleo');
    await start(cleo);
    const met = await firstToMeet('Cleo', [ann, ben]);
    const waits = met === ann ? ben : ann;
    if (met === ann) await isVisible(cleo.participant('Ann').getByText('muted'));
    await waits.says('Looking for someone…');
    await waits.page.keyboard.press('Escape');
    await isVisible(waits.button('Meet someone'));
    await met.button('Leave').click();
    await met.says('You left.');
    await cleo.page
      .getByText(/(Ann|Ben) left\./)
      .first()
      .waitFor();
  }));

test('whoever is blocked is met no more, and whoever wants to talk of something waits for those who do', () =>
  play({ signaling: { MATCH_RECENT_MS: 1 } }, async (scene) => {
    const ann = await visitor(scene, 'Ann', 'Music');
    await start(ann);
    const ben = await visitor(scene, 'Ben', 'Games');
    await start(ben);
    await ben.says('about games');
    const cleo = await visitor(scene, 'Cleo', 'Music');
    await start(cleo);
    await expectTogether(ann, cleo, ['Ann', 'Cleo']);
    await ben.says('Looking for someone…');

    await ann.button('Block or report').click();
    const dialog = ann.page.getByRole('dialog', { name: 'Block or report Cleo' });
    await dialog.getByRole('radio', { name: 'Insults or threats' }).check();
    await dialog.getByLabel('What happened?').fill('Called me names.');
    deepEqual(await accessibilityProblems(ann.page), []);
    await dialog.getByRole('button', { name: 'Report, block and go on' }).click();
    await isGone(dialog);
    await ann.says('You are not put through to them again.');
    await cleo.says('Ann left.');
    await cleo.button('Meet someone else').click();
    const dora = await visitor(scene, 'Dora');
    await start(dora);
    await firstToMeet('Dora', [ann, ben, cleo]);
    deepEqual(await ann.participant('Cleo').isVisible(), false);
  }));

for (const [what, viewport] of [
  ['a screen', { width: 1280, height: 800 }],
  ['a phone', { width: 360, height: 740 }],
] as const) {
  test(`on ${what} there is a second way in, and nothing of it scrolls sideways`, () =>
    play({}, async (scene) => {
      const demo = await DemoPage.open(scene);
      await demo.page.setViewportSize(viewport);
      await demo.page.getByRole('link', { name: 'Meet someone' }).click();
      await isVisible(demo.page.getByRole('heading', { name: 'Meet someone new.' }));
      deepEqual(new URL(demo.page.url()).pathname, '/meet');
      deepEqual(await accessibilityProblems(demo.page), []);
      await demo.page.getByLabel('Your name', { exact: true }).fill('Dora');
      await start(demo);
      await demo.says('Looking for someone…');
      deepEqual(await accessibilityProblems(demo.page), []);
      await demo.button('Cancel').click();
      await demo.page.goBack();
      await isVisible(demo.button('Join'));
    }));
}
