import { inspect } from 'node:util';
import { cachedAnswer, contextExcerpts, createBrownout, type Tier } from '@brownout/core';
import { instrument } from '@brownout/opentelemetry';
import { trace } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { hosts } from '../contract/hosts.ts';
import { useServers } from '../contract/servers.ts';
import { startMeters, startTraces } from './sdk.ts';

const traces = startTraces();
const serve = useServers();
const secret = 'S3CRET';

/** An error that has it wherever it may. */
class SecretError extends Error {
  readonly status = 500;
  readonly code = secret;
  readonly prompt = secret;
  constructor() {
    super(`The prompt was ${secret}`, { cause: secret });
    this.name = secret;
  }
}

describe.each(hosts)('What is exported, $name', (host) => {
  it('has nothing of a prompt, an answer, a key or an error', async () => {
    const answers = {
      get: () => Promise.reject(new SecretError()),
      set: () => Promise.reject(new SecretError()),
      delete: () => {},
    };
    const set = createBrownout({
      failureThreshold: 1,
      answers,
      classify: (outcome, circuit) => {
        const error = 'error' in outcome ? outcome.error : undefined;
        if (error) circuit?.events.emit('alert', { circuit: circuit.name, at: 1, problem: 'unauthorized', error });
        return error || isDown ? 'failure' : 'success';
      },
    });
    let isDown = false;
    const meters = startMeters();
    const stop = instrument(set, { durations: true, meterProvider: meters.meterProvider });
    const failing: Tier = { name: 'failing', answer: () => Promise.reject(new SecretError()) };
    const breaker = {
      brownout: set,
      circuit: 'a',
      fallback: [
        failing,
        cachedAnswer({ key: () => secret, scope: () => secret }),
        contextExcerpts({ context: () => [`The ${secret} is ${secret}.`], question: () => `What is the ${secret}?` }),
      ],
      tag: () => {
        throw new SecretError();
      },
    };
    const server = host.create({
      onError: () => {},
      routes: {
        'POST /a': {
          breaker,
          handler: async (call) => {
            await call.brownout.run(set.keyed('tenant').get(secret), async () => {
              if (isDown) throw new SecretError();
            });
            call.send(200, { answer: secret }, { 'x-secret': secret });
          },
        },
      },
    });
    // a span of our own: what the instrumentation of http tells of a request is its business
    const [listener] = server.listeners('request') as [(...args: unknown[]) => void];
    server.removeAllListeners('request');
    server.on('request', (req, res) =>
      trace.getTracer('test').startActiveSpan('request', (span) => {
        res.on('close', () => span.end());
        listener(req, res);
      }),
    );
    const url = await serve(server);
    const ask = async () => {
      const init = { headers: { authorization: secret, cookie: secret, 'content-type': 'application/json' } };
      const body = JSON.stringify({ question: secret });
      return (await fetch(`${url}/a?${secret}`, { ...init, method: 'POST', body })).text();
    };
    expect(await ask()).toContain(secret);
    isDown = true;
    await ask();
    await ask();
    trace.getTracer('test').startActiveSpan('by hand', (span) => {
      set.circuit('a').forceOpen(secret);
      set.circuit('a').reset(secret);
      span.end();
    });
    await expect.poll(() => traces.exporter.getFinishedSpans()).toHaveLength(4);
    const told = inspect(
      [
        traces
          .spans()
          .map(({ name, attributes, events, status, links }) => ({ name, attributes, events, status, links })),
        await meters.collected(),
      ],
      { depth: 20 },
    );
    stop();
    expect(told).toContain('brownout.degraded');
    expect(told).toContain('brownout.mode_changed');
    expect(told).toContain('brownout.tier_failed');
    for (const metric of ['alerts', 'tier.failures', 'store.failures', 'option.failures', 'fallbacks'])
      expect(told).toContain(`brownout.${metric}`);
    expect(told).not.toContain(secret);
  });
});
