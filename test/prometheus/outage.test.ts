import { createServer, type Server } from 'node:http';
import { createBrownout } from '@brownout/core';
import { exportMetrics } from '@brownout/prometheus';
import { openMetricsContentType, Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen, stop } from '../../examples/demo/listen.ts';
import { type Demo, startDemo } from '../../examples/demo/start.ts';
import { tunings } from '../../examples/demo/tuning.ts';
import { bustle } from './bustle.ts';
import { dashboardQueries, plainQuery, rules } from './operate.ts';
import { lacks } from './program.ts';
import { type PrometheusServer, startPrometheus } from './server.ts';

/** The rules that are shipped, in a hurry. */
const hurried = {
  groups: [
    {
      name: 'brownout',
      rules: rules.map((rule) => ({
        ...rule,
        expr: rule.expr.replace(/\[\d+m:\d+s\]/, '[1s:1s]'),
        ...(rule.for && { for: '1s' }),
      })),
    },
  ],
};

/** Serves all that can be told, in the other format. */
function openMetricsServer(): Server {
  const register = new Registry();
  register.setContentType(openMetricsContentType as never);
  const set = createBrownout();
  exportMetrics({ web: set }, { register });
  bustle(set);
  return createServer(async (_req, res) => {
    res.setHeader('content-type', register.contentType);
    res.end(await register.metrics());
  });
}

interface Alert {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

describe.skipIf(lacks('prometheus'))('a real Prometheus that scrapes the demo', () => {
  const other = openMetricsServer();
  let demo: Demo;
  let prometheus: PrometheusServer;

  beforeAll(async () => {
    const tuning = { ...tunings.tour, failureThreshold: 2, resetTimeoutMs: 300 };
    demo = await startDemo({
      port: 0,
      koaPort: 0,
      tuning,
      realModel: undefined,
      latencyMs: 1,
      paceMs: 1,
      log: () => {},
    });
    const jobs = {
      express: new URL(demo.urls.express).host,
      koa: new URL(demo.urls.koa).host,
      openmetrics: `127.0.0.1:${await listen(other, 0)}`,
    };
    prometheus = await startPrometheus(jobs, hurried);
  }, 60_000);
  afterAll(async () => {
    await prometheus?.stop();
    await demo?.stop();
    await stop(other);
  });

  const ask = async (question = 'What is a brownout?') => {
    const headers = { 'content-type': 'application/json' };
    await (
      await fetch(`${demo.urls.express}/ask`, { method: 'POST', headers, body: JSON.stringify({ question }) })
    ).text();
  };
  const targets = async () => {
    const { activeTargets } = (await prometheus.ask('targets')) as {
      activeTargets: { labels: { job: string }; health: string; lastError: string }[];
    };
    return activeTargets.map(({ labels, health, lastError }) => `${labels.job} ${health} ${lastError}`.trim()).sort();
  };
  /** The alert of this circuit of the demo. */
  const alert = async (name: string): Promise<Alert | undefined> => {
    const { alerts } = (await prometheus.ask('alerts')) as { alerts: Alert[] };
    return alerts.find(({ labels }) => labels['alertname'] === name && labels['job'] === 'express');
  };
  const patient = { timeout: 60_000, interval: 100 };

  it('reads both formats, and tells of an outage from its beginning to its end', { timeout: 240_000 }, async () => {
    const began = Date.now() / 1_000;
    await expect.poll(targets, patient).toEqual(['express up', 'koa up', 'openmetrics up']);
    await ask();
    expect(await alert('BrownoutCircuitOpen')).toBeUndefined();

    const aStepAgo = { query: 'circuit_breaker_state{job="express",name="openai"} offset 1s' };
    const known = async () => ((await prometheus.ask('query', aStepAgo)) as { result: unknown[] }).result;
    await expect.poll(known, patient).not.toEqual([]); // or nothing is there that could grow

    await demo.upstream!.setMode('500');
    const inOutage = async () => {
      await ask();
      return alert('BrownoutCircuitOpen');
    };
    await expect.poll(inOutage, patient).toEqual(
      expect.objectContaining({
        state: 'firing',
        labels: { alertname: 'BrownoutCircuitOpen', job: 'express', name: 'openai', severity: 'critical' },
        annotations: expect.objectContaining({ runbook: 'runbook.md#brownoutcircuitopen' }),
      }),
    );

    const empty = async () => {
      const asked = dashboardQueries.map(async ([where, expr]) => {
        const range = { query: plainQuery(expr), start: `${began}`, end: `${Date.now() / 1_000}`, step: '1s' };
        const { result } = (await prometheus.ask('query_range', range)) as { result: unknown[] };
        return result.length === 0 ? [where] : [];
      });
      return (await Promise.all(asked)).flat();
    };
    await expect.poll(empty, patient).toEqual([]);

    await demo.upstream!.setMode('ok');
    await expect.poll(inOutage, patient).toBeUndefined();
    expect(await targets()).toEqual(['express up', 'koa up', 'openmetrics up']);
  });
});
