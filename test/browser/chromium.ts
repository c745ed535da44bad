import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { type Browser, chromium } from 'playwright-core';

const programs = ['chromium', 'chromium-browser', 'google-chrome'];

/** The browser of this machine, if it has one. */
const chromiumPath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => programs.map((program) => join(folder, program)))
  .find(isProgram);

/** Whether tests are left out: never where `CI` is set, so that nothing is left out in silence. */
export const isWithoutBrowser = chromiumPath === undefined && !process.env['CI'];
if (isWithoutBrowser) console.warn('There is no chromium here: the tests of the page in a browser are left out.');

export function launchChromium(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('There is no chromium here. Install it: apt-get install chromium');
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'];
  return chromium.launch({ executablePath: chromiumPath, args });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
