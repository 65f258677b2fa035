import { equal, notEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { hurry } from './harness/hurry.ts';
import { expectMatrix, JoinError, type Person, Platform, play } from './harness/index.ts';

test('a page of an allowed origin imports the SDK with a plain module script and talks', () =>
  play({}, async (scene) => {
    notEqual(new URL(scene.pages.origin).origin, new URL(scene.platform.url).origin);
    const people = await scene.join('origins', ['Ann', 'Ben']);
    await expectMatrix(people);
    const origin = await people[0]?.page.evaluate(() => location.origin);
    equal(origin, scene.pages.origin);
  }));

test('a page of another origin gets neither the SDK nor a connection', () =>
  play({}, async (scene) => {
    const strict = await Platform.start({ allowedOrigins: ['https://somewhere.example'], sfu: false });
    try {
      const refused = await scene.openTab();
      const said: string[] = [];
      refused.on('console', (message) => said.push(message.text()));
      await refused.goto(scene.pages.pageFor(strict.url), { waitUntil: 'networkidle' });
      ok(!(await refused.evaluate(() => window.stage !== undefined)), 'the SDK was refused');
      ok(
        said.some((text) => /CORS/.test(text)),
        `the browser says why: ${said.join(' ')}`,
      );

      // With an SDK from elsewhere: the socket is refused too, in time and with a code.
      const ann: Person = await scene.person('Ann');
      const error = await hurry(ann.page, () =>
        ann.join(strict.url, 'origins').then(
          () => null,
          (reason: unknown) => reason,
        ),
      );
      ok(error instanceof JoinError, 'joining failed');
      ok(error.code !== null, `with a code of the protocol: ${error.message}`);
      const metrics = await strict.metrics('signaling');
      equal(metrics.get('parley_participants'), 0);
      equal(metrics.get('parley_connections'), 0);
    } finally {
      await strict.stop();
    }
  }));
