import type { Page } from 'playwright-core';

/** Roles that mean nothing to a screen reader without a name. */
const NAMED_ROLES = new Set([
  'button',
  'link',
  'textbox',
  'combobox',
  'slider',
  'checkbox',
  'radio',
  'switch',
  'meter',
  'image',
  'img',
  'dialog',
]);

interface AxNode {
  readonly backendDOMNodeId?: number;
  readonly ignored: boolean;
  readonly role?: { readonly value?: string };
  readonly name?: { readonly value?: string };
}

/** What a person with a screen reader or a keyboard would stumble over, in words; from Chromium's own accessibility tree. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = (await session.send('Accessibility.getFullAXTree')) as { nodes: AxNode[] };
  const nameless: string[] = [];
  for (const { ignored, role, name, backendDOMNodeId } of nodes) {
    if (ignored || !NAMED_ROLES.has(role?.value ?? '') || name?.value?.trim()) continue;
    const { outerHTML } = await session.send('DOM.getOuterHTML', { backendNodeId: backendDOMNodeId });
    nameless.push(`a ${role?.value} has no name: ${outerHTML.slice(0, 200)}`);
  }
  await session.detach();
  const structural = await page.evaluate(() => {
    const problems: string[] = [];
    if (!document.documentElement.lang) problems.push('the page names no language');
    if (!document.title.trim()) problems.push('the page has no title');
    const headings = document.querySelectorAll('h1').length;
    if (headings !== 1) problems.push(`the page has ${headings} main headings`);
    if (!document.querySelector('main, [role=main]')) problems.push('the page has no main landmark');
    const seen = new Set<string>();
    for (const { id } of document.querySelectorAll('[id]')) {
      if (seen.has(id)) problems.push(`two elements have the id ${id}`);
      seen.add(id);
    }
    for (const attribute of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for']) {
      for (const element of document.querySelectorAll(`[${attribute}]`)) {
        for (const id of (element.getAttribute(attribute) ?? '').split(/\s+/).filter(Boolean)) {
          if (!document.getElementById(id)) problems.push(`${attribute} names ${id}, which is not there`);
        }
      }
    }
    for (const element of document.querySelectorAll('[tabindex]')) {
      if (Number(element.getAttribute('tabindex')) > 0) problems.push('a positive tabindex upsets the order of Tab');
    }
    if (document.documentElement.scrollWidth > window.innerWidth) problems.push('the page scrolls sideways');
    return problems;
  });
  return [...nameless, ...structural];
}
