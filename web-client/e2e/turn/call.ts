/** The last step of `npm run turn:check`: two browsers talk through the server, over each transport that works. */
import { launchBrowser } from '../harness/browser.ts';
import { callThrough } from './relayed-call.ts';

const { urls, username, credential, isCertified } = JSON.parse(process.env.PARLEY_TURN ?? '{}') as {
  urls: string[];
  username: string;
  credential: string;
  /** By somebody the browser does not know: the checks before this one have seen to the certificate. */
  isCertified: boolean;
};
const browser = await launchBrowser({ flags: isCertified ? ['--ignore-certificate-errors'] : [] });
try {
  for (const url of urls) {
    const complaint = await callThrough(browser, { urls: url, username, credential });
    console.log(complaint === null ? `✓ ${url} carries a call between two browsers` : `✗ ${url} ${complaint}`);
    if (complaint !== null) process.exitCode = 1;
  }
} finally {
  await browser.close();
}
