import { createServer } from 'node:http';
import type { Brownout } from '@brownout/express';
import { createBrownout } from '@brownout/express';
import { classifyOpenAIError } from '@brownout/openai';
import OpenAI from 'openai';
import { createAssistant } from './assistant.ts';
import { createControl } from './control.ts';
import { expressApp } from './express-app.ts';
import { koaApp } from './koa-app.ts';
import { listen, stop } from './listen.ts';
import { observe } from './observe.ts';
import { createDashboard } from './operators.ts';
import { createProviders } from './providers.ts';
import type { Tuning } from './tuning.ts';
import type { Upstream, UpstreamMode } from './upstream.ts';
import { startUpstream, upstreamModes } from './upstream.ts';

export type HostName = 'express' | 'koa';
export type UpstreamName = 'main' | 'backup';

export interface DemoOptions {
  readonly port: number;
  readonly koaPort: number;
  readonly tuning: Tuning;
  /** How long a healthy answer of an embedded upstream takes, and each word of a stream. */
  readonly latencyMs: number;
  readonly paceMs: number;
  /** The real model to talk to, instead of the embedded main upstream. The key and the address come from the environment. */
  readonly realModel: string | undefined;
  readonly log: (host: HostName, error: Error) => void;
}

export interface Demo {
  readonly urls: Readonly<Record<HostName, string>>;
  /** Absent with a real model. */
  readonly upstream: Upstream | undefined;
  stop(): Promise<void>;
}

const models = { main: 'scripted-1', backup: 'scripted-mini' };

/** Starts the upstreams, both applications and the page, on loopback only. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { port, koaPort, tuning, latencyMs, paceMs, realModel, log } = options;
  const upstreams = {
    main: realModel ? undefined : await startUpstream({ latencyMs, paceMs }),
    backup: await startUpstream({ latencyMs, paceMs }),
  };
  const urls = { express: '', koa: '' };

  const { timeoutMs, idleMs, ...ofCircuits } = tuning;
  const appOf = <App>(host: HostName, create: (options: Parameters<typeof expressApp>[0]) => App) => {
    const brownout = createBrownout({ ...ofCircuits, classify: classifyOpenAIError });
    const of = ({ url }: Upstream) => new OpenAI({ apiKey: host, baseURL: url });
    const main = createAssistant(upstreams.main ? of(upstreams.main) : new OpenAI(), realModel ?? models.main, 'main');
    const backup = createAssistant(of(upstreams.backup), models.backup, 'backup');
    const dashboard = createDashboard(brownout);
    const app = create({
      brownout,
      dashboard,
      main,
      providers: createProviders(brownout, [main, backup]),
      timeoutMs,
      idleMs,
      log: (error) => log(host, error),
    });
    return { brownout, dashboard, app };
  };
  const express = appOf('express', expressApp);
  const koa = appOf('koa', koaApp);
  const sets: Record<HostName, Brownout> = { express: express.brownout, koa: koa.brownout };

  const viewOf = (host: HostName) => {
    const circuit = observe(sets[host], 'openai', ['openai', 'backup'], control.publish);
    return () => ({
      url: urls[host],
      circuit: circuit(),
      providers: { main: sets[host].circuit('openai').state, backup: sets[host].circuit('backup').state },
    });
  };
  const control = createControl({
    koaUrl: () => urls.koa,
    state: () => ({
      upstream: upstreams.main
        ? {
            kind: 'embedded',
            url: upstreams.main.url,
            model: models.main,
            mode: upstreams.main.mode,
            calls: upstreams.main.calls,
          }
        : { kind: 'real', url: process.env.OPENAI_BASE_URL ?? 'https://api.openai.com/v1', model: realModel },
      backup: { model: models.backup, mode: upstreams.backup.mode, calls: upstreams.backup.calls },
      hosts: { express: views.express(), koa: views.koa() },
      options: tuning,
    }),
    setUpstream: async (mode, which = 'main') => {
      if (which !== 'main' && which !== 'backup') throw new Error('`which` is main or backup.');
      if (!upstreamModes.includes(mode as UpstreamMode))
        throw new Error(`\`mode\` is one of ${upstreamModes.join(', ')}.`);
      const upstream = upstreams[which];
      if (!upstream) throw new Error('A real upstream is not ours to break.');
      await upstream.setMode(mode as UpstreamMode);
    },
    setCircuit: (host, action) => {
      if (host !== 'express' && host !== 'koa') throw new Error('`host` is express or koa.');
      const circuit = sets[host].circuit('openai');
      if (action === 'force_open') circuit.forceOpen('the demo');
      else if (action === 'clear') circuit.clearOverride();
      else throw new Error('`action` is force_open or clear.');
    },
  });
  const views = { express: viewOf('express'), koa: viewOf('koa') };

  // The state moves with time alone as well: an open circuit becomes due for a probe.
  const clock = setInterval(control.publish, 1_000).unref();

  const koaHandler = koa.app.callback();
  const servers = {
    express: createServer((req, res) => {
      if (!control.handle(req, res)) express.app(req, res);
    }),
    koa: createServer(koaHandler),
  };
  const stopAll = async () => {
    clearInterval(clock);
    const listening = [servers.express, servers.koa].filter((server) => server.listening);
    await Promise.all([...listening.map(stop), upstreams.main?.close(), upstreams.backup.close()]);
    for (const { brownout, dashboard } of [express, koa]) {
      dashboard.close();
      brownout.close();
    }
  };
  try {
    urls.express = `http://127.0.0.1:${await listen(servers.express, port)}`;
    urls.koa = `http://127.0.0.1:${await listen(servers.koa, koaPort)}`;
  } catch (error) {
    await stopAll();
    throw error;
  }
  return { urls, upstream: upstreams.main, stop: stopAll };
}
