import { equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { hasTurn, TurnProcess } from '../../scripts/turn-process.mjs';
import { launchBrowser } from './harness/index.ts';
import { callThrough } from './turn/relayed-call.ts';

const skip = hasTurn() ? false : 'coturn is missing';

test('two browsers hear one another through a TURN server, by UDP and by TCP; without its secret they do not', {
  skip,
}, async () => {
  const turn = await TurnProcess.start();
  const browser = await launchBrowser();
  try {
    for (const transport of ['udp', 'tcp']) {
      const urls = `${turn.url}?transport=${transport}`;
      equal(await callThrough(browser, { urls, ...turn.credentials() }), null, transport);
    }
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
