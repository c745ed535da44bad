import { readFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { hosts } from '../hosts.ts';
import { forms, isPossible, outcomeOf } from './forms.ts';
import { observe, styles } from './observe.ts';
import { tableOf } from './table.ts';

vi.setConfig({ maxConcurrency: 20 }); // most of them wait

describe.each(hosts)('$name, when the handler', (host) => {
  describe.concurrent.each(forms.filter((form) => isPossible(form, host.name)))('$form', (form) => {
    it.each(styles)('(%s)', async (style) => {
      const seen = await observe(host, style, form);
      const { client, connection, counted: counts, reported } = seen;
      const outcome = outcomeOf(form, host.name, style);
      expect({ client, connection, counts, reports: reported.length }).toEqual(outcome);
      expect(seen.settled).toEqual([outcome.counts === 'ignored' ? 'ignore' : outcome.counts]);
      // one event for each answer that is degraded, or ends so
      const reason = /^(?:503|429|200, last words) (\w+)$/.exec(client)?.[1];
      expect(seen.degraded).toEqual(reason === undefined ? [] : [`${client.slice(0, 3)} unavailable ${reason}`]);
    });
  });
});

describe('The table of failures', () => {
  it.each(['Express', 'Koa'] as const)('in the README for %s is that of these tests', async (family) => {
    const readme = new URL(`../../../packages/${family.toLowerCase()}/README.md`, import.meta.url);
    const [, table] = /^## Every failure\n[\s\S]*?\n(\| the handler[\s\S]*?)\n\n/m.exec(
      await readFile(readme, 'utf8'),
    )!;
    expect(table!.split('\n')).toEqual(tableOf(family));
  });
});
