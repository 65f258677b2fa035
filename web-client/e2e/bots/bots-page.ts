import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';

const folder = fileURLToPath(new URL('./page/', import.meta.url));
/** Below it the browser gets our scripts; the server knows nothing of it. */
const PATH = '/parley-bots/';

/**
 * A tab with the bots' scripts on a page of a running Parley: bots are guests on its own origin. The page itself must
 * come from the server, or Chromium does not know where it is and lets it connect to no server on a local network.
 * @param say prints what the page has to say
 */
export async function openBotsPage(browser: Browser, url: string, say: (words: string) => void): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on('pageerror', (error) => say(`page error: ${error.message}`));
  await page.exposeFunction('sayAtTerminal', say);
  await page.route(`${url}${PATH}*.ts`, async (route) => {
    const source = await readFile(`${folder}${basename(new URL(route.request().url()).pathname)}`, 'utf8');
    await route.fulfill({ contentType: 'text/javascript', body: stripTypeScriptTypes(source) });
  });
  await page.goto(`${url}/health`);
  await page.addScriptTag({ url: `${PATH}bots.ts`, type: 'module' });
  await page.waitForFunction(() => window.bots !== undefined);
  return page;
}
