import { createServer } from 'node:http';
import { Circuit, createBrownout, protectedBy, queueForLater, unavailable } from '@brownout/core';
import { afterEach, describe, expect, it } from 'vitest';
import { type Call, hosts } from '../contract/hosts.ts';
import { listen, useServers } from '../contract/servers.ts';

const serve = useServers();
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A model that is down, or answers; `asked` counts. */
async function model() {
  const state = { down: false, asked: 0, url: '' };
  const server = createServer((_req, res) => {
    state.asked++;
    res.writeHead(state.down ? 503 : 200, { 'content-type': 'text/plain', ...(state.down && { 'retry-after': '0' }) });
    res.end(state.down ? 'down' : 'an answer');
  });
  state.url = await listen(server);
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const ask = async (signal?: AbortSignal) => {
    const response = await fetch(state.url, { signal: signal ?? null });
    const text = await response.text();
    if (!response.ok) throw Object.assign(new Error(text), { status: response.status, headers: response.headers });
    return text;
  };
  return { state, ask };
}

/** What tells the others apart is none of it. */
const newest = hosts.filter(({ name }) => name === 'Express 5' || name === 'Koa 3');

describe.each(newest)('A route and its model, $name', (host) => {
  it('tries again, and in an outage adds no more than a tenth to its calls, and ten', async () => {
    const { state, ask } = await model();
    const brownout = createBrownout({ failureThreshold: false, failureRateThreshold: false });
    const circuit = brownout.circuit('model', { timeoutMs: 5_000, retry: { baseMs: 1 } });
    let flaky = 0;
    const handler = async ({ brownout: handle, send }: Call) => {
      const answer = await handle.run(circuit, ({ signal }) => {
        if (flaky-- > 0) throw new Error('once');
        return ask(signal);
      });
      send(200, { answer });
    };
    const breaker = { brownout, circuit: 'route' };
    const url = await serve(host.create({ routes: { 'GET /a': { breaker, handler } } }));
    flaky = 1;
    expect(await (await fetch(`${url}/a`)).json()).toEqual({ answer: 'an answer' });
    expect(circuit.metrics().calls).toMatchObject({ success: 1, failure: 1 });

    state.down = true;
    state.asked = 0;
    const answers = [];
    for (let n = 0; n < 10; n++) {
      answers.push(...(await Promise.all(Array.from({ length: 10 }, async () => (await fetch(`${url}/a`)).json()))));
    }
    for (const answer of answers) expect(answer).toMatchObject({ metadata: { fallback_reason: 'failure' } });
    expect(state.asked).toBeGreaterThan(100);
    expect(state.asked).toBeLessThanOrEqual(100 + 10 + 10);
    expect(brownout.circuit('route').metrics().calls).toMatchObject({ success: 1, failure: 0 });
  });

  it('puts off what it cannot answer, and does it once the model is back, without tripping again', async () => {
    const { state, ask } = await model();
    const brownout = createBrownout({ failureThreshold: 3, resetTimeoutMs: 100, resetTimeoutMaxMs: 100, jitter: 0 });
    const done: unknown[] = [];
    const later = queueForLater<unknown, string>({
      data: () => 'why',
      scope: () => 'everybody',
      maxPerScope: 100,
      async run(data, { signal }) {
        await ask(signal);
        done.push(data);
      },
    });
    const handler = async ({ brownout: { signal }, send }: Call) => send(200, { answer: await ask(signal) });
    const breaker = { brownout, circuit: 'model', fallback: [later, unavailable()] };
    const url = await serve(host.create({ routes: { 'POST /a': { breaker, handler } } }));
    const post = async () => (await fetch(`${url}/a`, { method: 'POST' })).status;
    state.down = true;
    for (let n = 0; n < 10; n++) expect(await post()).toBe(202);
    const circuit = brownout.circuit('model');
    expect(circuit.metrics().transitions.tripped).toBe(1);
    expect(done).toEqual([]);

    state.down = false;
    await expect.poll(post, { timeout: 10_000 }).toBe(200);
    await expect.poll(() => done.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(10);
    expect(circuit.state).toBe('closed');
    expect(circuit.metrics().transitions).toMatchObject({ tripped: 1 });
  });

  it('has the category of what a decorated method throws, counted once', async () => {
    const { state, ask } = await model();
    const openai = new Circuit('openai', { failureThreshold: 2, jitter: 0 });
    class Assistant {
      readonly #name = 'assistant';
      async answer(question: string): Promise<string> {
        return `${this.#name}: ${question}: ${await ask()}`;
      }
    }
    // as `@protectedBy(openai)` does, which Node does not run yet
    Assistant.prototype.answer = protectedBy(openai)(Assistant.prototype.answer, {} as never);
    const assistant = new Assistant();
    const brownout = createBrownout();
    const handler = async ({ send }: Call) => send(200, { answer: await assistant.answer('why') });
    const guarded = { brownout, circuit: 'route' };
    const url = await serve(host.create({ routes: { 'GET /a': { guarded, handler } } }));
    const get = async () => (await fetch(`${url}/a`)).json();
    expect(await get()).toEqual({ answer: 'assistant: why: an answer' });
    state.down = true;
    for (const reason of ['failure', 'failure', 'circuit_open']) {
      expect(await get()).toMatchObject({ metadata: { fallback_reason: reason } });
    }
    expect(openai.metrics().calls).toMatchObject({ success: 1, failure: 2, refused: 1 });
    expect(brownout.circuit('route').metrics().calls).toMatchObject({ success: 1, failure: 0, ignored: 3 });
  });
});
