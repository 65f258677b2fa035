import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findProgram } from '../../../scripts/system-packages.mjs';

/**
 * - Fake devices and permissions, sound without a gesture: nobody is there to click.
 * - Host candidates as plain addresses, loopback included: a page that never asked for a microphone would hide them
 *   behind mDNS names, which need multicast, which containers do not have.
 */
const FLAGS: string[] = [
  '--no-sandbox',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-features=WebRtcHideLocalIpsWithMdns,Translate,MediaRouter,OptimizationHints',
  '--allow-loopback-in-peer-connection',
];

/**
 * Starts Debian's Chromium, headless.
 * @param options without `handleSignals` the browser outlives a Ctrl-C, for whoever has something to do first; `flags`
 *   are Chromium's, besides the usual
 */
export function launchBrowser(options: { handleSignals?: boolean; flags?: readonly string[] } = {}): Promise<Browser> {
  const { handleSignals = true, flags = [] } = options;
  const executablePath = findProgram('chromium');
  if (!executablePath) throw new Error('chromium is missing: sudo apt-get install chromium (or set CHROMIUM_PATH)');
  return chromium.launch({
    executablePath,
    args: [...FLAGS, ...flags],
    handleSIGINT: handleSignals,
    handleSIGTERM: handleSignals,
    handleSIGHUP: handleSignals,
  });
}

/** A tab in a context, and so in a process, of its own; what it logs as an error or warning goes to `log`. */
export async function openTab(browser: Browser, log: (line: string) => void): Promise<Page> {
  const context: BrowserContext = await browser.newContext({ permissions: ['microphone'] });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  page.on('pageerror', (error) => log(`page error: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') log(`page ${message.type()}: ${message.text()}`);
  });
  return page;
}
