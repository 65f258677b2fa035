/**
 * Fills a room of a running Parley with talking participants: real browsers, real WebRTC, speech-like sound.
 *
 *   npm run bots -- --room lobby --count 12 [--url http://localhost:3000] [--seconds 60]
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { launchBrowser } from '../harness/browser.ts';
import { openBotsPage } from './bots-page.ts';
import { cast } from './cast.ts';
import { converse } from './conversation.ts';

const BOTS_PER_TAB = 6;
/**
 * More bots than this mute between their phrases. An open microphone costs an encoder for everyone else in a mesh, heard
 * or not: twelve open ones are 132 encoders, which is more than two cores run beside twelve browsers.
 */
const OPEN_MICROPHONES = 6;
const BETWEEN_JOINS_MS = 700;
const LEAVE_DEADLINE_MS = 5_000;

const say = (words: string): void => console.log(words);

function readOptions() {
  const { values } = parseArgs({
    options: {
      room: { type: 'string', default: 'lobby' },
      count: { type: 'string', default: '12' },
      url: { type: 'string', default: 'http://localhost:3000' },
      seconds: { type: 'string' },
    },
  });
  const whole = (name: string, text: string, most: number) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new RangeError(`--${name} wants a whole number from 1 to ${most}, not "${text}"`);
  };
  return {
    room: values.room,
    url: new URL(values.url).origin,
    count: whole('count', values.count, 200),
    seconds: values.seconds === undefined ? undefined : whole('seconds', values.seconds, 86_400),
  };
}

async function requireParley(url: string): Promise<void> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) });
    if (response.ok) return;
    throw new Error(`it answers with HTTP ${response.status}`);
  } catch (error) {
    const reason = error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : error;
    throw new Error(`no Parley at ${url} (${reason}). Start one with \`npm start\`, or name another with --url.`);
  }
}

async function main(): Promise<void> {
  const { room, url, count, seconds } = readOptions();
  await requireParley(url);

  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ending.abort());
  const { signal } = ending;
  // Ctrl-C is ours: bots say goodbye before their browser closes.
  const browser = await launchBrowser({ handleSignals: false });
  const tabs: Page[] = [];
  const present = new Map<string, Page>();
  const talk = async (name: string, forSeconds: number) => {
    const there = await present
      .get(name)
      ?.evaluate((it) => window.bots?.talk(it.name, it.forSeconds), { name, forSeconds });
    if (!there) present.delete(name);
  };
  try {
    const conversation = converse(() => [...present.keys()], talk, signal).catch((error: unknown) => {
      if (!signal.aborted) say(`The conversation has ended: ${error}`);
    });
    for (const [index, { name, pitch }] of cast(count).entries()) {
      if (signal.aborted) break;
      if (index % BOTS_PER_TAB === 0) tabs.push(await openBotsPage(browser, url, say));
      const tab = tabs.at(-1);
      const failure = await tab?.evaluate((it) => window.bots?.join(it.name, it.pitch, it.room, it.pushToTalk), {
        name,
        pitch,
        room,
        pushToTalk: count > OPEN_MICROPHONES,
      });
      if (failure) {
        say(`${name} could not join: ${failure}`);
      } else if (tab) {
        if (present.size === 0) await tab.evaluate((it) => window.bots?.watch(it), name);
        present.set(name, tab);
        say(`${name} has joined ${room} (${present.size} of ${count}).`);
      }
      await wait(BETWEEN_JOINS_MS, undefined, { signal }).catch(() => undefined);
    }
    if (present.size === 0) throw new Error('not one bot could join');
    say(
      `They talk in ${url}/r/${encodeURIComponent(room)}. ${seconds ? `They stay ${seconds} s; ` : ''}Ctrl-C sends them home.`,
    );
    if (!signal.aborted) {
      const timer = seconds ? setTimeout(() => ending.abort(), seconds * 1000) : undefined;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      clearTimeout(timer);
    }
    await Promise.race([
      Promise.all([conversation, ...tabs.map((tab) => tab.evaluate(() => window.bots?.leaveAll()))]),
      wait(LEAVE_DEADLINE_MS),
    ]);
    say('All bots have left.');
  } finally {
    ending.abort();
    await browser.close();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
