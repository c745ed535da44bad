import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAssistant } from './assistant.ts';
import type { Upstream } from './upstream.ts';
import { startUpstream } from './upstream.ts';

let upstream: Upstream;
let client: OpenAI;

beforeEach(async () => {
  upstream = await startUpstream({ latencyMs: 1, slowMs: 60, paceMs: 1 });
  client = new OpenAI({ apiKey: 'none', baseURL: upstream.url, maxRetries: 0 });
});
afterEach(() => upstream.close());

const ask = (signal = new AbortController().signal) =>
  createAssistant(client, 'scripted', 'main').whole('Which number do I call when a pipe bursts?', signal);

describe('The embedded upstream', () => {
  it('answers the real client from the context in the prompt', async () => {
    const { answer, sources } = await ask();
    expect(answer).toContain('555-0141');
    expect(sources[0]).toBe('water-leaks.md');
  });

  it('says so when the context holds nothing on the subject', async () => {
    const { whole } = createAssistant(client, 'scripted', 'main');
    const { answer, sources } = await whole('Who won the chess championship in 1972?', AbortSignal.timeout(5_000));
    expect(answer).toContain('says nothing about that');
    expect(sources).toEqual([]);
  });

  it('streams the same words that it answers whole', async () => {
    const messages = [
      { role: 'system' as const, content: '# Handbook\n\n## Pipes\nClose the valve when a pipe bursts. Then call.' },
      { role: 'user' as const, content: 'What if a pipe bursts?' },
    ];
    const whole = await client.chat.completions.create({ model: 'scripted', messages });
    const stream = await client.chat.completions.create({ model: 'scripted', messages, stream: true });
    let streamed = '';
    let finish: string | null | undefined;
    for await (const { choices } of stream) {
      streamed += choices[0]?.delta.content ?? '';
      finish = choices[0]?.finish_reason;
    }
    expect(streamed).toBe(whole.choices[0]?.message.content);
    expect(finish).toBe('stop');
  });

  it('fails, limits the rate and refuses as the real one does, and mends', async () => {
    await upstream.setMode('500');
    await expect(ask()).rejects.toBeInstanceOf(OpenAI.InternalServerError);
    await upstream.setMode('429');
    await expect(ask()).rejects.toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
    await upstream.setMode('refuse');
    await expect(ask()).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
    expect(upstream.calls).toBe(2);
    await upstream.setMode('ok');
    await expect(ask()).resolves.toMatchObject({ answer: expect.stringContaining('555-0141') });
  });

  it('stalls after ten words, and is silent to that client from then on', async () => {
    await upstream.setMode('stall');
    const { stream, whole } = createAssistant(client, 'scripted', 'main');
    const left = new AbortController();
    const { tokens } = await stream('What if the power goes out?', left.signal);
    const words: string[] = [];
    const reading = (async () => {
      for await (const token of tokens) if (words.push(token) === 10) setTimeout(() => left.abort(), 50);
    })();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    expect(words.join('')).toBe('When the power goes out, first look at your own ');
    await expect(whole('Why?', AbortSignal.timeout(50))).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
  });

  it('never answers while it hangs, and the signal ends the wait', async () => {
    await upstream.setMode('hang');
    await expect(ask(AbortSignal.timeout(50))).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    expect(upstream.calls).toBe(1);
  });
});
