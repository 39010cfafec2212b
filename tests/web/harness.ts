/* What every test of the app needs. The libraries live in web/node_modules. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test as base, type Page } from '../../web/node_modules/@playwright/test/index.mjs';

export { expect };
export type { Page };

const axeSource = readFileSync(fileURLToPath(new URL('../../web/node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8');
const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

interface Violation {
  id: string;
  help: string;
  nodes: { target: unknown; failureSummary?: string }[];
}

/* within: a part of the page, when something lies over the rest. */
export async function expectAccessible(page: Page, within = ':root'): Promise<void> {
  /* A page that is still on its way has no heading yet. */
  if (within === ':root') await page.locator('h1').first().waitFor({ state: 'attached' });
  /* A colour in the middle of a transition is nobody's colour. */
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((each) => Number.isFinite(each.effect?.getComputedTiming().endTime))
        .map((each) => each.finished.catch(() => undefined)),
    ),
  );
  const violations = await page.evaluate(
    async ([source, tags, part]) => {
      if (!('axe' in window)) (0, eval)(source as string);
      const { axe } = window as unknown as { axe: { run: (where: Element | null, how: object) => Promise<{ violations: unknown }> } };
      return (await axe.run(document.querySelector(part as string), { runOnly: { type: 'tag', values: tags as string[] } })).violations;
    },
    [axeSource, levels, within] as const,
  );
  const said = (violations as Violation[]).map((each) => `${each.id}: ${each.help}: ${each.nodes.map((node) => JSON.stringify(node.target)).join(' ')}`);
  expect(said, 'axe').toEqual([]);
}

/* Everything that can be pressed is at least 44 px high or wide enough in its line of text. */
export async function expectLargeTargets(page: Page): Promise<void> {
  const small = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('button, a[href], summary, [role=option], input:not([type=checkbox]):not([type=radio])')]
      .filter((each) => each.checkVisibility() && !each.closest('[inert]') && !each.classList.contains('skip'))
      .filter((each) => getComputedStyle(each).display !== 'inline')
      .map((each) => ({ what: each.textContent?.trim() || each.getAttribute('aria-label') || each.tagName, box: each.getBoundingClientRect() }))
      .filter(({ box }) => box.height > 0 && box.height < 43.5)
      .map(({ what, box }) => `${what} ${Math.round(box.width)}x${Math.round(box.height)}`),
  );
  expect(small, 'targets below 44 px').toEqual([]);
}

/* Fails a test on anything that the browser complains about: a breach of the content policy, an
 * uncaught error, a request to anywhere else. Answers that a test itself provokes are no fault. */
export const test = base.extend<{ complaints: string[] }>({
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('request', (request) => {
        const { hostname, protocol } = new URL(request.url());
        const home = page.url() === 'about:blank' ? hostname : new URL(page.url()).hostname;
        if (protocol !== 'blob:' && hostname !== home) complaints.push(`request to ${hostname}`);
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

export async function fillSignIn(page: Page, user: string, password: string): Promise<void> {
  await page.locator('input[name=username]').fill(user);
  await page.locator('input[name=password]').fill(password);
  await page.locator('input[name=password]').press('Enter');
}

/* RFC 6238, as an app on a phone does it. */
export function codeOf(secret: string, at = Date.now()): string {
  const bits = [...secret.replace(/\s/g, '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const from = (mac[19] ?? 0) & 15;
  return String((mac.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/* The code of another step than the one that was used last. */
export async function nextCode(page: Page, secret: string): Promise<string> {
  const used = Math.floor(Date.now() / 30_000);
  while (Math.floor((Date.now() + 30_000) / 30_000) <= used) await page.waitForTimeout(500);
  return codeOf(secret, Date.now() + 30_000);
}
