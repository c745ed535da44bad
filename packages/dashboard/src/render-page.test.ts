import { describe, expect, it } from 'vitest';
import type { CircuitSummary } from './contract.ts';
import { pageFiles } from './page-files.ts';
import { renderPage } from './render-page.ts';

const nasty = `"><script>alert('1')</script>&`;
const at = Date.UTC(2026, 10, 20, 12);
const circuit: CircuitSummary = {
  name: nasty,
  href: `circuits/${encodeURIComponent(nasty)}`,
  state: 'open',
  mode: 'forced_open',
  status: 'failed',
  stateSince: at,
  override: { mode: 'forced_open', why: nasty, at },
  inFlight: 0,
  callsPerMinute: 0,
  calls: { success: 0, failure: 0, ignored: 0, refused: 0, slow: 0, late: 0 },
  served: { handler: 1, [nasty]: 1 },
  reasons: {},
  transitions: { tripped: 0, reopened: 0, halfOpened: 0, closed: 0, wouldTrip: 0 },
  trail: 'co',
};
const page = renderPage({ summaries: [circuit], canChange: true, at });

describe('renderPage', () => {
  it('takes nothing that an application names for markup', () => {
    expect(page).not.toContain('<script>');
    expect(page.match(/&lt;script&gt;/g)!.length).toBeGreaterThanOrEqual(4); // the name twice, the reason, the level
  });

  it('is allowed whole by its own strict policy: no style, no script and no handler in the markup', () => {
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
    expect(page.match(/<script(?! (type="module" )?src="assets\/)/)).toBeNull();
  });

  it('asks for its own files alone, relative to wherever it is mounted, and all of them are there', () => {
    const addresses = [...page.matchAll(/\s(?:src|href)="([^"#]+)"/g)].map(([, address]) => address!);
    expect(addresses.length).toBeGreaterThan(8);
    const foreign = addresses.filter((address) => !/^(assets|circuits)\/|^data:/.test(address));
    expect(foreign).toEqual([]);
    for (const address of addresses.filter((name) => name.startsWith('assets/')))
      expect(pageFiles.has(address.slice(7)), address).toBe(true);
  });

  it('says so where there are no circuits yet', () => {
    const empty = renderPage({ summaries: [], canChange: false, at });
    expect(empty).toContain('<h1 id="headline" tabindex="-1">No circuits yet</h1>');
    expect(empty).toContain('A circuit appears here');
  });
});

describe('pageFiles', () => {
  it('has every module that another asks for', () => {
    for (const [name, { body, type }] of pageFiles) {
      if (!type.startsWith('text/javascript') || name === 'uplot.js') continue;
      const text = Buffer.from(body).toString();
      for (const [, asked] of text.matchAll(/(?:from|import|=) '\.\/(.+?)'/g))
        expect(pageFiles.has(asked!), `${name} asks for ${asked}`).toBe(true);
    }
    expect(pageFiles.has('../page.ts')).toBe(false);
    expect(pageFiles.has('tsconfig.json')).toBe(false);
    expect(pageFiles.has('row.test.ts')).toBe(false);
  });
});
