import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** The path of a file that `@brownout/prometheus` ships for operators. */
export const operateFile = (name: string): string =>
  fileURLToPath(import.meta.resolve(`@brownout/prometheus/operate/${name}`));

const text = (name: string): string => readFileSync(operateFile(name), 'utf8');

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly AlertRule[] }[];
}

interface Target {
  readonly expr: string;
  readonly datasource: { readonly uid: string };
}

export interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly Target[];
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr?: string }[] };
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; definition?: string }[];
  };
}

export const rules: readonly AlertRule[] = (parse(text('alerts.yml')) as RuleFile).groups.flatMap(
  (group) => group.rules,
);

/** Each alert that the rules' tests look for, and whether it is to fire there. */
export const expectations: readonly { readonly alert: string; readonly fires: boolean }[] = (
  parse(text('alerts-tests.yml')) as {
    tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
  }
).tests.flatMap((test) =>
  test.alert_rule_test.map(({ alertname, exp_alerts }) => ({ alert: alertname, fires: exp_alerts.length > 0 })),
);

export const runbookSections: readonly string[] = [...text('runbook.md').matchAll(/^## (.+)$/gm)].map(
  ([, title]) => title!,
);

export const dashboard = JSON.parse(text('grafana-dashboard.json')) as Dashboard;

/** Every query of the dashboard, by where it stands. */
export const dashboardQueries: readonly (readonly [where: string, expr: string])[] = [
  ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ...dashboard.annotations.list.flatMap(({ name, expr }) => (expr === undefined ? [] : [[name, expr] as const])),
  ...dashboard.templating.list.flatMap(({ name, definition }) => {
    const selector = /^label_values\((.+), \w+\)$/.exec(definition ?? '')?.[1];
    return selector === undefined ? [] : [[`$${name}`, selector] as const];
  }),
];

/** A query with values in the place of Grafana's variables, for steps of one second. */
export const plainQuery = (expr: string): string =>
  expr
    .replace(/offset \$__interval\b/g, 'offset 1s')
    .replace(/\$__(rate_)?interval\b/g, '5m')
    .replace(/\$\w+/g, '.*');
