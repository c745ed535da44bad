import { describe, expect, it } from 'vitest';
import { startUpstream } from '../demo/upstream.ts';
import { start } from './child.ts';
import { freePort } from './free-port.ts';

const known = 'When is the office open?';
const another = 'Are returns free?';

/** Asks, and reads to the end; `onToken` is called when the first token has come. */
async function ask(url: string, question: string, onToken?: () => void) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ question }),
  });
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    if (!text.includes('token') && (text + chunk).includes('token')) onToken?.();
    text += chunk;
  }
  const event = /\n?event: brownout\ndata: (.*)\n\n$/.exec(text)?.[1];
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    fallback: response.headers.get('brownout-fallback'),
    retryAfter: response.headers.get('retry-after'),
    text,
    tokens: [...text.matchAll(/^data: (\{"token".*)$/gm)].map(([, data]) => JSON.parse(data!).token).join(''),
    metadata: event && JSON.parse(event).metadata,
  };
}

describe('The streaming examples', () => {
  it.concurrent.each(['express', 'koa'])(
    'end a broken stream with an event, replay a whole one, refuse while open (%s)',
    {
      timeout: 60_000,
    },
    async (host) => {
      await using programs = new AsyncDisposableStack();
      const run = (...of: Parameters<typeof start>) => {
        const child = start(...of);
        programs.defer(async () => {
          child.kill('SIGKILL');
          await child.exited;
        });
        return child;
      };
      const quick = await startUpstream({ latencyMs: 1, paceMs: 1 });
      const env = { OPENAI_API_KEY: 'none', OPENAI_BASE_URL: quick.url, IDLE_MS: '1000' };
      const url = await run(`stream-${host}.ts`, [], { ...env, PORT: String(await freePort()) }).match(/http\S+/);
      const whole = await ask(url, known);
      await quick.close();
      expect(whole).toMatchObject({ status: 200, type: 'text/event-stream; charset=utf-8', fallback: null });
      expect(whole.tokens).toContain('The office is open from 9 to 17, Monday to Friday.');
      expect(whole.text.endsWith('data: [DONE]\n\n')).toBe(true);

      const upstream = run('stream-upstream.ts', [], { PORT: new URL(quick.url).port, PACE_MS: '300' });
      await upstream.match(/pid \d+/);
      const stalled = await ask(url, another, () => upstream.kill('SIGSTOP'));
      upstream.kill('SIGCONT');
      expect(stalled.tokens).toMatch(/^Returns /);
      expect(stalled.metadata).toMatchObject({ from_fallback: true, fallback_reason: 'timeout', circuit: 'openai' });

      const cut = await ask(url, another, () => upstream.kill('SIGKILL'));
      expect(cut.tokens).toMatch(/^Returns /);
      expect(cut.metadata).toMatchObject({ from_fallback: true, fallback_reason: 'failure', circuit: 'openai' });
      expect(stalled.text + cut.text).not.toContain('[DONE]');

      const replayed = await ask(url, known);
      expect(replayed).toMatchObject({ status: 200, type: whole.type, text: whole.text });
      expect(replayed.fallback).toMatch(/^l1_cache; reason=failure; circuit="openai"; age=\d+$/);

      const refused = await ask(url, another);
      expect(refused).toMatchObject({ status: 503, type: whole.type, metadata: { fallback_reason: 'circuit_open' } });
      expect(Number(refused.retryAfter)).toBeGreaterThan(0);
    },
  );
});
