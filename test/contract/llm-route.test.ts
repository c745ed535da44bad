import { createBrownout, llmRoute } from '@brownout/core';
import { describe, expect, it } from 'vitest';
import { type Call, type Host, hosts } from './hosts.ts';
import { useServers } from './servers.ts';

const serve = useServers();

const passages = [
  { text: 'The reservoir holds nine million litres of water.', source: 'water.md' },
  { text: 'Street lights are mended within a week.', source: 'lights.md' },
];

describe.each(hosts)('An LLM route, $name', (host: Host) => {
  async function start(answer: (call: Call) => unknown, options: Parameters<typeof llmRoute>[0] = {}) {
    const brownout = createBrownout({ resetTimeoutMs: 60_000 });
    const given = llmRoute({ brownout, circuit: 'llm', service: 'AI assistant', context: () => passages, ...options });
    const url = await serve(host.create({ routes: { 'POST /ask': { breaker: given, handler: answer } } }));
    const ask = async (body: object, headers: Record<string, string> = {}) => {
      const response = await fetch(`${url}/ask`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      });
      const { status } = response;
      const level = /^\w+/.exec(response.headers.get('brownout-fallback') ?? '')?.[0];
      return { status, level, text: await response.text() };
    };
    return { ask, circuit: brownout.circuit('llm') };
  }
  const echo = ({ body, send }: Call) => send(200, { answer: `to ${(body as { question: string }).question}` });

  it('answers a question that was asked before, however it is written, from the cache', async () => {
    const { ask, circuit } = await start(echo);
    await ask({ question: 'How much does the reservoir hold?' });
    circuit.forceOpen();
    const cached = await ask({ question: ' how much does  THE reservoir hold ' });
    expect(cached).toMatchObject({ status: 200, level: 'l1_cache' });
    expect(JSON.parse(cached.text)).toMatchObject({ answer: 'to How much does the reservoir hold?' });
  });

  it.each([
    ['another question', { question: 'How much does the lake hold?' }, {}],
    ['another parameter', { question: 'How much does the reservoir hold?', model: 'small' }, {}],
    ['a conversation before it', { question: 'How much does the reservoir hold?', messages: [{ role: 'user' }] }, {}],
    ['another form', { question: 'How much does the reservoir hold?' }, { accept: 'text/event-stream' }],
    ['another user', { question: 'How much does the reservoir hold?' }, { authorization: 'Bearer b' }],
  ])('does not take %s for the same', async (_, body, headers) => {
    const { ask, circuit } = await start(echo);
    await ask({ question: 'How much does the reservoir hold?' });
    circuit.forceOpen();
    expect((await ask(body, headers)).level).not.toBe('l1_cache');
  });

  it('looks at nothing in a body of too many values to be compared', async () => {
    const read = new Set<PropertyKey>();
    const list = new Proxy(Array(9_000).fill(0), {
      get(items, name) {
        read.add(name);
        return Reflect.get(items, name);
      },
    });
    const url = await serve(
      host.create({
        unparsed: true,
        before: ({ req, ctx }) => Object.assign(ctx?.request ?? req, { body: { question: 'Why?', list } }),
        routes: {
          'GET /ask': { breaker: llmRoute({ brownout: createBrownout() }), handler: (call) => call.send(200, 'ok') },
        },
      }),
    );
    expect((await fetch(`${url}/ask`)).status).toBe(200);
    expect(read).toContain('length');
    expect(read.size).toBeLessThan(10);
  });

  it('does not take an answer of another version for the same', async () => {
    let version = 1;
    const { ask, circuit } = await start(echo, { version: () => version });
    await ask({ question: 'How much does the reservoir hold?' });
    circuit.forceOpen();
    version = 2;
    expect((await ask({ question: 'How much does the reservoir hold?' })).level).toBe('excerpts');
    version = 1;
    expect((await ask({ question: 'How much does the reservoir hold?' })).level).toBe('l1_cache');
  });

  it('shows excerpts to what was never asked, under the friendly sentence', async () => {
    const { ask, circuit } = await start(echo);
    circuit.forceOpen();
    const { status, level, text } = await ask({ question: 'How much does the reservoir hold?' });
    expect([status, level]).toEqual([200, 'excerpts']);
    const body = JSON.parse(text) as { answer: string };
    expect(body).toMatchObject({
      excerpts: [{ text: passages[0]!.text, source: 'water.md', score: expect.any(Number) }],
      sources: ['water.md'],
      metadata: { from_fallback: true, fallback_level: 'excerpts' },
    });
    expect(body.answer).toMatch(/^AI assistant is temporarily unavailable.*nine million litres/s);
  });

  it('says so where nothing bears on the question', async () => {
    const { ask, circuit } = await start(echo);
    circuit.forceOpen();
    expect(await ask({ question: 'Who won the cup in chess?' })).toMatchObject({ status: 503, level: 'unavailable' });
  });

  it.each<[string, (call: Call) => unknown]>([
    ['was cut', ({ send }) => send(200, { choices: [{ finish_reason: 'length', message: { content: 'so' } }] })],
    ['refuses', ({ send }) => send(200, { choices: [{ finish_reason: 'stop', message: { refusal: 'no' } }] })],
    [
      'is not to be stored',
      ({ send, brownout }) => {
        brownout.doNotStore();
        send(200, { answer: 'good for once' });
      },
    ],
  ])('keeps no answer that %s', async (_, answer) => {
    const { ask, circuit } = await start(answer);
    expect((await ask({ question: 'Why?' })).status).toBe(200);
    circuit.forceOpen();
    expect((await ask({ question: 'Why?' })).level).toBe('unavailable');
    expect(circuit.metrics().calls.success).toBe(1);
  });

  it('asks another function before it shows excerpts', async () => {
    const { ask, circuit } = await start(echo, { alternate: () => ({ answer: 'from the small one' }) });
    circuit.forceOpen();
    const { level, text } = await ask({ question: 'How much does the reservoir hold?' });
    expect(level).toBe('alternate');
    expect(JSON.parse(text)).toMatchObject({ answer: 'from the small one', metadata: { from_fallback: true } });
  });

  it('serves a young answer without asking', async () => {
    let asked = 0;
    const { ask } = await start(
      (call) => {
        asked++;
        return echo(call);
      },
      { freshMs: 60_000 },
    );
    for (let n = 0; n < 3; n++)
      expect(await ask({ question: 'Why?' })).toMatchObject({ status: 200, level: undefined });
    expect(asked).toBe(1);
  });

  it.each([{}, { question: '' }, { question: 7 }])(
    'keeps nothing for a request without a question (%o)',
    async (body) => {
      const { ask, circuit } = await start(({ send }) => send(200, { answer: 'to nothing' }));
      await ask(body);
      circuit.forceOpen();
      expect((await ask(body)).level).toBe('unavailable');
    },
  );

  it.each<[string, object, string, object]>([
    ['no question', {}, 'unavailable', {}],
    ['no body but a list', [], 'unavailable', {}],
    ['a question that is none', { question: { a: [1] } }, 'unavailable', {}],
    ['a question of 90 KB', { question: 'litres reservoir '.repeat(5_000) }, 'excerpts', {}],
    ['90 KB of question marks', { question: `${'?'.repeat(90_000)}x` }, 'unavailable', {}],
    ['90 KB of accents', { question: `a${'\u0301\u0323'.repeat(22_000)}` }, 'unavailable', {}],
    ['a body of 20,000 values', { question: 'litres reservoir?', x: Array(20_000).fill(1) }, 'excerpts', {}],
    ['a context of 50 MB', { question: 'litres reservoir?' }, 'excerpts', { context: () => [...passages, huge] }],
    ['a context of bytes', { question: 'litres reservoir?' }, 'unavailable', { context: () => [binary] }],
    [
      'malformed passages',
      { question: 'litres reservoir?' },
      'excerpts',
      { context: () => [null, 5, [], { text: 5 }, {}, { text: passages[0]!.text, source: 5, score: {} }] },
    ],
    ['a context that is no list', { question: 'litres reservoir?' }, 'unavailable', { context: () => 'passages' }],
  ])('is not stopped by %s', async (_, body, level, options) => {
    const { ask, circuit } = await start(echo, options);
    expect((await ask(body)).status).toBe(200);
    circuit.forceOpen();
    const began = performance.now();
    const again = await ask(body);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect([200, 503]).toContain(again.status);
    if (again.level !== 'l1_cache') expect(again.level).toBe(level);
  });
});

describe('llmRoute', () => {
  it('hands on what is the breaker’s, and gives streams a limit of silence', () => {
    expect(llmRoute({ timeoutMs: 5, failureThreshold: 2 })).toMatchObject({
      timeoutMs: 5,
      failureThreshold: 2,
      stream: { idleMs: 30_000 },
    });
    expect(llmRoute({ stream: { idleMs: 9, totalMs: 7 } }).stream).toEqual({ idleMs: 9, totalMs: 7 });
    expect(llmRoute({ alternate: () => 'a' }).fallback).toMatchObject([
      { name: 'l1_cache' },
      { name: 'alternate' },
      { name: 'excerpts' },
      { name: 'unavailable' },
    ]);
  });

  it.each<[object, string]>([
    [{ fallback: [] }, '`llmRoute` has no option `fallback`'],
    [{ questions: () => 'a' }, 'the nearest is `question`'],
    [{ service: 7 }, '`service`'],
    [{ freshMs: 10, maxAgeMs: 5 }, '`freshMs`'],
    [{ excerpts: { max: 0 } }, '`max`'],
  ])('refuses %o', (options, said) => {
    expect(() => llmRoute(options)).toThrow(said);
  });
});

const huge = { text: 'The reservoir is old. '.repeat(2_500_000) };
const binary = Buffer.from(Array.from({ length: 100_000 }, (_, n) => (n * 7919) % 256)).toString('latin1');
