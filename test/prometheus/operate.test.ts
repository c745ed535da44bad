import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBrownout } from '@brownout/core';
import { exportMetrics } from '@brownout/prometheus';
import { Registry } from 'prom-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { bustle } from './bustle.ts';
import {
  dashboard,
  dashboardQueries,
  expectations,
  operateFile,
  type Panel,
  plainQuery,
  rules,
  runbookSections,
} from './operate.ts';
import { lacks, run } from './program.ts';

/** Labels that Prometheus adds, and those of the places where processes run. */
const added = ['job', 'instance', 'pod'];

/** By the names that they are queried by: the labels of a metric, each with the values that it has had. */
const exported = new Map<string, Map<string, Set<string>>>();

beforeAll(async () => {
  const set = createBrownout();
  const register = new Registry();
  exportMetrics({ web: set }, { register });
  bustle(set);
  for (const { name, values } of await register.getMetricsAsJSON())
    for (const value of values) {
      const series = (value as { metricName?: string }).metricName ?? name;
      const labels = exported.get(series) ?? new Map<string, Set<string>>();
      exported.set(series, labels);
      for (const [label, text] of Object.entries(value.labels))
        labels.set(label, (labels.get(label) ?? new Set()).add(String(text)));
    }
});

/** What a query asks for that is not exported: a metric, a label of one, or a value of that. */
function notExported(expr: string): readonly string[] {
  const selectors = expr.matchAll(/\b((?:circuit_breaker|brownout)_\w+)(?:\{([^}]*)\})?/g);
  const missing = [...selectors].flatMap(([, metric, matchers = '']) => {
    const labels = exported.get(metric!);
    if (labels === undefined) return [metric!];
    return [...matchers.matchAll(/(\w+)(=~|!=|!~|=)"([^"]*)"/g)].flatMap(([, label, , value]) => {
      if (added.includes(label!)) return [];
      const values = labels.get(label!);
      if (values === undefined) return [`${metric}{${label}}`];
      const asked = value!.startsWith('$') ? [] : value!.split('|');
      return asked.filter((each) => !values.has(each)).map((each) => `${metric}{${label}="${each}"}`);
    });
  });
  const groupings = [...expr.matchAll(/\b(?:by|without|on|ignoring) \(([^)]*)\)/g)].flatMap(([, names]) =>
    names!.split(',').map((name) => name.trim()),
  );
  const known = new Set([...added, ...[...exported.values()].flatMap((labels) => [...labels.keys()])]);
  return [...missing, ...groupings.filter((name) => !known.has(name))];
}

describe('what is shipped for operators', () => {
  it('finds what is not exported', () => {
    expect(notExported('sum by (nam) (rate(circuit_breaker_calls_total{outcom="success"}[5m]))')).toEqual([
      'circuit_breaker_calls_total{outcom}',
      'nam',
    ]);
    expect(notExported('circuit_breaker_state{state=~"open|closd"} > brownout_none')).toEqual([
      'circuit_breaker_state{state="closd"}',
      'brownout_none',
    ]);
  });

  it.each(dashboardQueries)('asks on the dashboard, in %s, for what is exported', (_where, expr) => {
    expect(notExported(expr)).toEqual([]);
  });

  it.each(rules.map(({ alert, expr }) => [alert, expr] as const))('asks in %s for what is exported', (_alert, expr) => {
    expect(notExported(expr)).toEqual([]);
  });

  it('has a section of the runbook for each alert, which points at it, and no other', () => {
    expect(runbookSections).toEqual(rules.map(({ alert }) => alert));
    // a heading's anchor, as GitHub and GitLab make it
    for (const { alert, annotations } of rules)
      expect(annotations['runbook']).toBe(`runbook.md#${alert.toLowerCase()}`);
  });

  it('has for each alert a case in which it fires, and one in which it does not', () => {
    for (const { alert } of rules) {
      const cases = expectations.filter((expected) => expected.alert === alert).map(({ fires }) => fires);
      expect([alert, cases.includes(true), cases.includes(false)]).toEqual([alert, true, true]);
    }
    expect(new Set(expectations.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  describe('the dashboard', () => {
    it('asks the data source that is chosen, in every panel', () => {
      const sources = dashboard.panels.flatMap(({ datasource, targets = [] }) => [
        ...(datasource ? [datasource] : []),
        ...targets.map((target) => target.datasource),
      ]);
      expect(new Set(sources.map(({ uid }) => uid))).toEqual(new Set([`\${datasource}`]));
      expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
        ['datasource', 'datasource'],
        ['job', 'query'],
        ['set', 'query'],
        ['circuit', 'query'],
      ]);
    });

    it('counts what has happened in each step whole, however seldom it is scraped', () => {
      // a range as long as a step sees no growth between the last sample of one step and the first of the next, and none at all of one sample
      expect(dashboardQueries.filter(([, expr]) => expr.includes('[$__interval]'))).toEqual([]);
      expect(dashboardQueries.filter(([, expr]) => expr.includes('offset $__interval'))).not.toEqual([]);
    });

    it('explains each panel, and gives it a place of its own', () => {
      const { panels } = dashboard;
      expect(panels.filter(({ type, description }) => type !== 'row' && !description)).toEqual([]);
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      const overlap = ({ gridPos: a }: Panel, { gridPos: b }: Panel) =>
        a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
      for (const panel of panels) {
        expect(panel.gridPos.x + panel.gridPos.w).toBeLessThanOrEqual(24);
        expect(panels.filter((other) => other !== panel && overlap(panel, other))).toEqual([]);
      }
    });

    it.skipIf(lacks('promtool'))('asks what Prometheus understands', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'brownout-dashboard-'));
      try {
        const file = join(folder, 'queries.yml');
        const recorded = dashboardQueries.map(([, expr], at) => ({ record: `query:${at}`, expr: plainQuery(expr) }));
        await writeFile(file, stringify({ groups: [{ name: 'dashboard', rules: recorded }] }));
        expect(await run('promtool', ['check', 'rules', file])).toContain(`${recorded.length} rules found`);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });

  it.skipIf(lacks('promtool'))(
    'has rules that Prometheus takes, and that fire when they must and no sooner',
    async () => {
      expect(await run('promtool', ['check', 'rules', operateFile('alerts.yml')])).toContain('SUCCESS');
      expect(await run('promtool', ['check', 'config', operateFile('prometheus.example.yml')])).toContain(
        '1 rule files found',
      );
      expect(await run('promtool', ['test', 'rules', operateFile('alerts-tests.yml')])).toContain('SUCCESS');
    },
  );

  it.skipIf(lacks('amtool'))(
    'has an example that Alertmanager takes: what is critical pages, all is told',
    async () => {
      const file = operateFile('alertmanager.example.yml');
      expect(await run('amtool', ['check-config', file])).toContain('2 receivers');
      const routed = (severity: string) =>
        run('amtool', ['config', 'routes', 'test', `--config.file=${file}`, `severity=${severity}`]);
      expect(await routed('critical')).toMatch(/^pagerduty,slack$/m);
      expect(await routed('warning')).toMatch(/^slack$/m);
      expect(new Set(rules.map(({ labels }) => labels['severity']))).toEqual(new Set(['critical', 'warning']));
    },
  );
});
