import type { Locator, Page } from 'playwright-core';
import type { Scene } from './scene.ts';
import type { Servers } from './servers.ts';

const DEADLINE_MS = 20_000;

/** The demo as people use it: by labels, roles and words. */
export class DemoPage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** @param path what follows the server's address */
  static async open(scene: Scene<Servers>, path = '/'): Promise<DemoPage> {
    const page = await scene.openTab();
    page.setDefaultTimeout(DEADLINE_MS);
    await page.goto(scene.platform.url + path);
    return new DemoPage(page);
  }

  async join(name: string, room: string): Promise<void> {
    await this.page.getByLabel('Your name', { exact: true }).fill(name);
    await this.page.getByLabel('Room', { exact: true }).fill(room);
    await this.button('Join').click();
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  get participants(): Locator {
    return this.page.getByRole('list', { name: 'Participants' }).getByRole('listitem');
  }

  participant(name: string): Locator {
    return this.participants.filter({ hasText: name });
  }

  /** Waits until the page has a visible text. */
  async says(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor({ state: 'visible', timeout: DEADLINE_MS });
  }
}

export const isVisible = (locator: Locator): Promise<void> =>
  locator.waitFor({ state: 'visible', timeout: DEADLINE_MS });
export const isGone = (locator: Locator): Promise<void> => locator.waitFor({ state: 'hidden', timeout: DEADLINE_MS });
