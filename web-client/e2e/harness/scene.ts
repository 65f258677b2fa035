import type { Browser, Page } from 'playwright-core';
import { CHORDS, TONES } from '../page/tones.ts';
import { launchBrowser, openTab } from './browser.ts';
import { Cluster, type ClusterOptions } from './cluster.ts';
import { Fleet, type FleetOptions } from './fleet.ts';
import { type PageServer, startPageServer } from './page-server.ts';
import { type JoinSettings, Person } from './person.ts';
import { Platform, type PlatformOptions } from './platform.ts';
import type { Servers } from './servers.ts';

const KEPT_PAGE_LINES = 100;

/** Servers, a browser and the people in it: what a test plays in. */
export class Scene<S extends Servers = Platform> {
  readonly platform: S;
  readonly pages: PageServer;
  readonly browser: Browser;
  readonly #pageLog: string[] = [];
  #people = 0;

  private constructor(platform: S, pages: PageServer, browser: Browser) {
    this.platform = platform;
    this.pages = pages;
    this.browser = browser;
  }

  static open(options: PlatformOptions = {}): Promise<Scene> {
    return Scene.#open((allowedOrigins) => Platform.start({ allowedOrigins, ...options }), options.browserFlags);
  }

  /** With several signaling nodes. */
  static openCluster(options: ClusterOptions = {}): Promise<Scene<Cluster>> {
    return Scene.#open((allowedOrigins) => Cluster.start({ allowedOrigins, ...options }));
  }

  /** With several SFU servers. */
  static openFleet(options: FleetOptions = {}): Promise<Scene<Fleet>> {
    return Scene.#open((allowedOrigins) => Fleet.start({ allowedOrigins, ...options }));
  }

  /** With servers of the caller's own. */
  static openWith<S extends Servers>(
    start: (allowedOrigins: string[]) => Promise<S>,
    flags: readonly string[] = [],
  ): Promise<Scene<S>> {
    return Scene.#open(start, flags);
  }

  static async #open<S extends Servers>(
    start: (allowedOrigins: string[]) => Promise<S>,
    flags: readonly string[] = [],
  ): Promise<Scene<S>> {
    const pages = await startPageServer();
    const [platform, browser] = await Promise.allSettled([start([pages.origin]), launchBrowser({ flags })]);
    if (platform.status === 'fulfilled' && browser.status === 'fulfilled') {
      return new Scene(platform.value, pages, browser.value);
    }
    if (browser.status === 'fulfilled') await browser.value.close();
    if (platform.status === 'fulfilled') await platform.value.stop();
    await pages.close();
    throw platform.status === 'rejected' ? platform.reason : (browser as PromiseRejectedResult).reason;
  }

  async close(): Promise<void> {
    await Promise.all([this.browser.close(), this.platform.stop()]);
    await this.pages.close();
  }

  /** A tab of its own, with the tests' page and the SDK in it. */
  async openPage(): Promise<Page> {
    const page = await openTab(this.browser, this.log);
    await page.goto(this.pages.pageFor(this.platform.url));
    await page.waitForFunction(() => window.stage !== undefined);
    return page;
  }

  /** Any tab; what it complains of goes to the scene's log. */
  openTab(): Promise<Page> {
    return openTab(this.browser, this.log);
  }

  /** Someone who has not joined yet, with the next tone (or chord), in a tab of their own unless one is given. */
  async person(name: string, { page, chord = false }: { page?: Page; chord?: boolean } = {}): Promise<Person> {
    const voice = chord ? CHORDS[this.#people] : [TONES[this.#people] ?? Number.NaN];
    if (!voice || voice.includes(Number.NaN)) throw new Error(`there is no voice left for ${name}`);
    this.#people += 1;
    return new Person(name, page ?? (await this.openPage()), voice);
  }

  /** Someone without a microphone, on a page that may be shared. */
  silentPerson(name: string, page: Page): Person {
    return new Person(name, page, []);
  }

  /** People in tabs of their own who join one after another. */
  async join(room: string, names: readonly string[], settings: JoinSettings = {}): Promise<Person[]> {
    const people = await Promise.all(names.map((name) => this.person(name)));
    for (const person of people) await person.join(this.platform.url, room, settings);
    return people;
  }

  /** What servers and pages have said. */
  get report(): string {
    return [...this.#pageLog, this.platform.log].join('\n');
  }

  readonly log = (line: string): void => {
    this.#pageLog.push(line);
    if (this.#pageLog.length > KEPT_PAGE_LINES) this.#pageLog.shift();
  };
}

/** Plays `act` in a scene that is closed afterwards; when it fails, what servers and pages said is printed. */
export const play = (options: PlatformOptions, act: (scene: Scene) => Promise<void>): Promise<void> =>
  playIn(Scene.open(options), act);

/** As `play`, with several signaling nodes. */
export const playCluster = (options: ClusterOptions, act: (scene: Scene<Cluster>) => Promise<void>): Promise<void> =>
  playIn(Scene.openCluster(options), act);

/** As `play`, with several SFU servers that can fail. */
export const playFleet = (options: FleetOptions, act: (scene: Scene<Fleet>) => Promise<void>): Promise<void> =>
  playIn(Scene.openFleet(options), act);

/** As `play`, with servers of the caller's own and `flags` of Chromium's besides the usual. */
export const playWith = <S extends Servers>(
  start: (allowedOrigins: string[]) => Promise<S>,
  flags: readonly string[],
  act: (scene: Scene<S>) => Promise<void>,
): Promise<void> => playIn(Scene.openWith(start, flags), act);

async function playIn<S extends Servers>(opening: Promise<Scene<S>>, act: (scene: Scene<S>) => Promise<void>) {
  const scene = await opening;
  try {
    await act(scene);
  } catch (error) {
    console.error(scene.report);
    throw error;
  } finally {
    await scene.close();
  }
}
