import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Upstream } from '../demo/upstream.ts';
import { startUpstream } from '../demo/upstream.ts';
import type { Child } from './child.ts';
import { start } from './child.ts';
import { freePort } from './free-port.ts';

const question = 'When is the office open?';

describe.each(['express.ts', 'koa.ts'])('%s', (file) => {
  let upstream: Upstream;
  let child: Child;
  let url: string;

  beforeEach(async () => {
    upstream = await startUpstream({ latencyMs: 1 });
    const env = { OPENAI_API_KEY: 'none', OPENAI_BASE_URL: upstream.url, PORT: String(await freePort()) };
    child = start(file, [], env);
    url = await child.match(/http\S+/);
  });
  afterEach(async () => {
    child.kill('SIGTERM');
    await child.exited;
    await upstream.close();
  });

  const ask = async (text: string) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ question: text }),
    });
    const { metadata } = (await response.json()) as { metadata?: { fallback_level?: string } };
    return [response.status, metadata?.fallback_level];
  };

  it('answers from the model while it is well, and from the tiers when it is not', async () => {
    expect(await ask(question)).toEqual([200, undefined]);
    await upstream.setMode('500');
    expect(await ask(question)).toEqual([200, 'l1_cache']);
    expect(await ask('Are returns free, and for how many days?')).toEqual([200, 'excerpts']);
    expect(await ask('Who won the chess championship in 1972?')).toEqual([503, 'unavailable']);
  });
});
