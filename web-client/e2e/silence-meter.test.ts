import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import { CHORDS, launchBrowser, openTab } from './harness/index.ts';
import { startPageServer } from './harness/page-server.ts';
import type { Rehearsal } from './page/rehearsal.ts';

/** A block of the meter is 2.7 ms: a gap may begin and end anywhere within one. */
const PRECISION_MS = 3;

test('the meter finds the longest silence of one sound among others, to 3 ms', async (t) => {
  const pages = await startPageServer();
  const browser = await launchBrowser();
  try {
    const page = await openTab(browser, console.error);
    await page.goto(pages.pageFor(pages.origin));
    const rehearse = (rehearsal: Omit<Rehearsal, 'sound' | 'others'>) => {
      const [sound = [], ...others] = CHORDS;
      return page.evaluate(
        async ({ module, all }) => ((await import(module)) as typeof import('./page/rehearsal.ts')).rehearse(all),
        { module: `${pages.origin}/rehearsal.ts`, all: { ...rehearsal, sound, others } },
      );
    };
    for (const gapsMs of [[10], [20], [60], [200], [15, 40, 25]]) {
      const found = await rehearse({ gapsMs });
      t.diagnostic(`gaps of ${gapsMs.join(', ')} ms: found ${found.toFixed(1)} ms`);
      ok(Math.abs(found - Math.max(...gapsMs)) <= PRECISION_MS, `${found} ms`);
    }
    ok((await rehearse({ gapsMs: [] })) === 0, 'where there is none, it finds none');
    // Two copies of a sound, one later, cancel some of its partials in the middle of a crossfade, but not all.
    for (const delayMs of [0.4, 1, 3, 7, 12, 20, 35]) {
      const found = await rehearse({ gapsMs: [], crossfade: { fadeMs: 15, delayMs } });
      t.diagnostic(`a crossfade to a copy ${delayMs} ms later: found ${found.toFixed(1)} ms`);
      ok(found <= 10, `a crossfade is no silence: ${found} ms`);
    }
  } finally {
    await browser.close();
    await pages.close();
  }
});
