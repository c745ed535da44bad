import { createServer } from 'node:http';
import { createBrownout } from '@brownout/express';
import OpenAI from 'openai';
import type { Tuning } from './app-options.ts';
import { createAssistant } from './assistant.ts';
import { createControl } from './control.ts';
import { expressApp } from './express-app.ts';
import { koaApp } from './koa-app.ts';
import { listen, stop } from './listen.ts';
import { observe } from './observe.ts';
import type { Upstream, UpstreamMode } from './upstream.ts';
import { startUpstream, upstreamModes } from './upstream.ts';

export type HostName = 'express' | 'koa';

export interface DemoOptions {
  readonly port: number;
  readonly koaPort: number;
  readonly tuning: Tuning;
  /** How long a healthy answer of the embedded upstream takes. */
  readonly latencyMs: number;
  /** The real model to talk to, instead of the embedded upstream. The key and the address come from the environment. */
  readonly realModel: string | undefined;
  readonly log: (host: HostName, error: Error) => void;
}

export interface Demo {
  readonly urls: Readonly<Record<HostName, string>>;
  /** Absent with a real model. */
  readonly upstream: Upstream | undefined;
  stop(): Promise<void>;
}

/** Starts the upstream, both applications and the page, on loopback only. */
export async function startDemo({ port, koaPort, tuning, latencyMs, realModel, log }: DemoOptions): Promise<Demo> {
  const upstream = realModel ? undefined : await startUpstream({ latencyMs });
  const client = upstream ? new OpenAI({ apiKey: 'embedded', baseURL: upstream.url }) : new OpenAI();
  const model = realModel ?? 'scripted-1';
  const assistant = createAssistant(client, model);
  const urls = { express: '', koa: '' };

  const sets = { express: createBrownout(), koa: createBrownout() };
  const express = expressApp({ brownout: sets.express, assistant, tuning, log: (error) => log('express', error) });
  const koaHandler = koaApp({ brownout: sets.koa, assistant, tuning, log: (error) => log('koa', error) }).callback();

  const control = createControl({
    koaUrl: () => urls.koa,
    state: () => ({
      upstream: upstream
        ? { kind: 'embedded', url: upstream.url, model, mode: upstream.mode, calls: upstream.calls }
        : { kind: 'real', url: client.baseURL, model },
      hosts: {
        express: { url: urls.express, circuit: views.express() },
        koa: { url: urls.koa, circuit: views.koa() },
      },
      options: tuning,
    }),
    setUpstream: async (mode) => {
      if (!upstream) throw new Error('A real upstream is not ours to break.');
      if (!upstreamModes.includes(mode as UpstreamMode))
        throw new Error(`\`mode\` is one of ${upstreamModes.join(', ')}.`);
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
  const views = {
    express: observe(sets.express, 'openai', control.publish),
    koa: observe(sets.koa, 'openai', control.publish),
  };

  // The state moves with time alone as well: an open circuit becomes due for a probe.
  const clock = setInterval(control.publish, 1_000).unref();

  const servers = {
    express: createServer((req, res) => {
      if (!control.handle(req, res)) express(req, res);
    }),
    koa: createServer(koaHandler),
  };
  const stopAll = async () => {
    clearInterval(clock);
    const listening = [servers.express, servers.koa].filter((server) => server.listening);
    await Promise.all([...listening.map(stop), upstream?.close()]);
    sets.express.close();
    sets.koa.close();
  };
  try {
    urls.express = `http://127.0.0.1:${await listen(servers.express, port)}`;
    urls.koa = `http://127.0.0.1:${await listen(servers.koa, koaPort)}`;
  } catch (error) {
    await stopAll();
    throw error;
  }
  return { urls, upstream, stop: stopAll };
}
