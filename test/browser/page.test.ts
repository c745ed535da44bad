import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isWithoutBrowser, launchChromium } from './chromium.ts';
import { barriers, focused, isFocusIn, overflow, styleOf, watchRows, writtenRows } from './in-page.ts';
import { type AppFacts, watchedApp } from './watched-app.ts';

let browser: Browser;
let windows: BrowserContext;
/** What the browser has complained about: scripts that threw, what the policy forbids, files that are missing. */
let complaints: string[] = [];
let closing: (() => Promise<void>)[] = [];

/** An application, and its page. */
async function opened(facts: AppFacts = {}, hash = '', context = windows) {
  const app = await watchedApp(facts);
  const page = await context.newPage();
  closing.push(() => page.close(), app.close);
  page.setDefaultTimeout(15_000);
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await page.goto(app.url + hash);
  return { app, page };
}

const row = (page: Page, name: string) => page.locator(`tr[data-circuit="${name}"]`);
const isLive = (page: Page) => page.getByText('Live', { exact: true }).waitFor();

describe.skipIf(isWithoutBrowser)('The page, in a browser', () => {
  beforeAll(async () => {
    browser = await launchChromium();
    windows = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    for (const close of closing) await close();
    const heard = complaints;
    closing = [];
    complaints = [];
    expect(heard).toEqual([]);
  });

  it('forces a circuit open after a reason was given, and the application degrades', async () => {
    const { app, page } = await opened();
    expect(await app.ask()).toBeNull();
    await page.getByRole('link', { name: 'model' }).click();
    await page.getByRole('button', { name: 'Force open…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Force open: model' });
    expect(await dialog.textContent()).toContain('Every call is refused at once');
    await dialog.getByRole('button', { name: 'Force open' }).click();
    expect(await app.ask()).toBeNull(); // no reason, no change
    await dialog.getByLabel('Reason').fill('the model is moved');
    await dialog.getByRole('button', { name: 'Force open' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await app.ask()).toContain('reason=forced_open');

    await page.getByText(/Forced open by hand .* ago: “the model is moved”/).waitFor();
    expect(await page.getByRole('listitem').filter({ hasText: 'by ada' }).count()).toBe(1);
    await page.getByRole('button', { name: 'Clear override…' }).click();
    await page.getByLabel('Reason').fill('it has moved');
    await page.getByRole('button', { name: 'Clear override', exact: true }).click();
    await page.getByText(/^Closed for/).waitFor();
    expect(await app.ask()).toBeNull();
  });

  it('changes options, and says what is wrong with those that cannot be', async () => {
    const { app, page } = await opened({}, '#/circuit/model');
    await page.getByRole('button', { name: 'Change options…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('failureThreshold').fill('0');
    await dialog.getByLabel('Reason').fill('a trial');
    await dialog.getByRole('button', { name: 'Change' }).click();
    await dialog.getByText('Expected `failureThreshold` to be').waitFor();
    await dialog.getByLabel('failureThreshold').fill('7');
    await dialog.getByRole('button', { name: 'Change' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(app.set.circuits.get('model')?.options['failureThreshold']).toBe(7);
    complaints = complaints.filter((text) => !text.includes('422')); // the browser tells of every such answer
  });

  it('follows an outage live: the row, the headline and the tab, and says it once to who cannot see', async () => {
    const { app, page } = await opened({ others: ['a', 'b'] });
    await isLive(page);
    expect(await page.locator('#rows tr').first().getAttribute('data-circuit')).toBe('a');
    app.model.isDown = true;
    for (let i = 0; i < 3; i++) await app.ask();
    await row(page, 'model').getByText('Open', { exact: true }).waitFor();
    expect(await row(page, 'model').textContent()).toMatch(/probes in (?:\d+ s|1 min)/);
    expect(await row(page, 'model').textContent()).toContain('Fixed answer 100%');
    await page.getByRole('heading', { name: '1 of 3 circuits has failed' }).waitFor();
    await page.locator('#rows tr:first-child[data-circuit=model]').waitFor();
    expect(await page.title()).toBe('1 of 3 circuits has failed');
    await page.getByText('model: open.').waitFor({ state: 'attached' });
  });

  it('says that what it shows is old while the server is away, and is live again by itself', async () => {
    const { app, page } = await opened();
    await isLive(page);
    await app.stop();
    await page.getByText(/Reconnecting… data from \d+ s ago/).waitFor();
    expect(await styleOf(page, '#rows', 'filter')).toBe('grayscale(1)');
    app.set.circuit('new').forceOpen('while nobody looked');
    await app.restart();
    await isLive(page);
    await row(page, 'new').getByText('while nobody looked').waitFor();
    complaints = complaints.filter((text) => !text.includes('Failed to load resource') && !text.includes('net::ERR'));
  });

  it('patches the rows that changed, and no other, of 500', async () => {
    const others = Array.from({ length: 500 }, (_, i) => `route ${String(i).padStart(3, '0')}`);
    const { app, page } = await opened({ others });
    await isLive(page);
    await watchRows(page);
    app.set.circuit('route 321').forceOpen('a trial');
    await page.locator('#rows tr:first-child[data-circuit="route 321"]').waitFor();
    expect(await writtenRows(page)).toEqual(['route 321']);
    await page.getByLabel('Find by name').fill('E 32');
    await expect.poll(() => page.locator('#rows tr:visible').count()).toBe(10);
    await page.getByText('By hand, shadow').click();
    await expect.poll(() => page.locator('#rows tr:visible').count()).toBe(1);
  });

  it('can be read without scripts', async () => {
    const scriptless = await browser.newContext({ javaScriptEnabled: false });
    closing.push(() => scriptless.close());
    const { app, page } = await opened({ others: ['<b>shop</b>'] }, '', scriptless);
    app.set.circuit('<b>shop</b>').forceOpen('maintenance & more');
    await page.reload();
    expect(await page.getByRole('heading').textContent()).toBe('1 of 2 circuits has failed');
    expect(await page.getByRole('row').nth(1).textContent()).toMatch(
      /<b>shop<\/b>[\s\S]*Forced open[\s\S]*maintenance & more/,
    );
    expect(await page.getByText(/As of .* UTC. Reload/).count()).toBe(1);
    expect(await page.getByRole('searchbox').count()).toBe(0); // what needs a script is not offered
    await page.getByRole('link', { name: 'model' }).click();
    expect(await page.textContent('body')).toContain('"name":"model"');
  });

  it('offers nobody what nobody may do, and says why', async () => {
    const { page } = await opened({ mayChange: false }, '#/circuit/model');
    await page.getByText('needs the option authorize').waitFor();
    expect(await page.getByRole('button', { name: '…' }).count()).toBe(0);
  });

  it('can be walked by keyboard, there and back', async () => {
    const { page } = await opened({ others: ['a'] });
    await isLive(page);
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to the circuits');
    await page.keyboard.press('/');
    expect(await isFocusIn(page, '#find')).toBe(true);
    await page.keyboard.type('mod');
    await page.keyboard.press('Tab');
    while ((await focused(page)) !== 'model') await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Force open…' }).waitFor();
    expect(await focused(page)).toBe('model'); // the heading, now
    while ((await focused(page)) !== 'Force open…') await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    for (let i = 0; i < 4; i++) {
      // the browser's own buttons are the one thing outside of it
      expect(await isFocusIn(page, 'body, dialog *')).toBe(true);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused(page)).toBe('Force open…');
    await page.goBack();
    await row(page, 'model').waitFor();
    expect(await focused(page)).toBe('model');
    expect(page.url()).not.toContain('circuit');
  });

  it.each(['light', 'dark'] as const)('stands in nobody’s way, %s', async (colorScheme) => {
    const { app, page } = await opened({ others: ['a'] });
    await page.emulateMedia({ colorScheme });
    app.set.circuit('a').forceOpen('a trial');
    await row(page, 'a').getByText('Forced open').waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('link', { name: 'a', exact: true }).click();
    await page.locator('.u-wrap').nth(1).waitFor();
    await page.getByText('The last hour as a table').click();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Change options…' }).click();
    expect(await barriers(page)).toEqual([]);
  });

  it('fits a telephone, its dialogs too, and keeps the theme that was chosen', async () => {
    const { page } = await opened({ others: ['a-name-that-is-far-too-long-to-stand-in-one-line-of-any-telephone'] });
    await page.setViewportSize({ width: 360, height: 740 });
    await isLive(page);
    expect(await overflow(page)).toBe(0);
    await page.getByRole('button', { name: 'Dark theme' }).click();
    await page.getByRole('link', { name: 'a-name' }).click();
    await page.locator('.u-wrap').nth(1).waitFor();
    expect(await overflow(page)).toBe(0);
    await page.getByRole('button', { name: 'Change options…' }).click();
    expect(await overflow(page)).toBe(0);
    await page.reload();
    expect(await styleOf(page, 'html', 'color-scheme')).toBe('dark');
  });
});
