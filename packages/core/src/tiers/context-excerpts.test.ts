import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { OptionsError, TierError } from '../errors.ts';
import { Events } from '../events.ts';
import type { RequestView } from '../request-view.ts';
import { type ContextExcerptsOptions, contextExcerpts } from './context-excerpts.ts';
import { Ladder } from './ladder.ts';
import type { Tier, TierContext } from './tier.ts';

interface Native {
  readonly body: { readonly question: string };
}

const harbour = 'The harbour of Aldport was dug in 1873. It silted up within a decade.';
const bread = 'Rye bread needs a sourdough starter. The dough rests for twelve hours.';
const passages = [bread, { text: harbour, source: 'towns.md' }];
const question = 'When was the harbour of Aldport dug?';

const { signal } = new AbortController();

const ask = (options?: ContextExcerptsOptions<Native>, told: Partial<TierContext> = {}, accept?: string) => {
  const request = {
    query: '',
    headers: accept === undefined ? {} : { accept },
    body: { question },
    native: { body: { question } },
  } as unknown as RequestView<Native>;
  const context = { reason: 'circuit_open', circuit: 'openai', retryAfterMs: 27_300, signal, ...told } as TierContext;
  return contextExcerpts<Native>(options).answer(request, context);
};

describe('contextExcerpts', () => {
  it('answers the friendly sentence with the excerpts under it, each with its source', () => {
    expect(ask({ context: () => passages, service: 'AI assistant' })).toEqual({
      body: {
        answer: `AI assistant is temporarily unavailable. Please try again in 28 seconds.\n\n${harbour}\n(towns.md)`,
        excerpts: [{ text: harbour, source: 'towns.md', score: expect.any(Number) }],
        sources: ['towns.md'],
      },
    });
  });

  it('waits for the passages', async () => {
    const reply = ask({ context: async () => passages });
    expect(reply).toBeInstanceOf(Promise);
    expect(await reply).toMatchObject({ body: { sources: ['towns.md'] } });
  });

  it("hands the host's object and the signal to `context`", () => {
    const { signal } = new AbortController();
    const seen: unknown[] = [];
    const context = (native: Native, told: { signal: AbortSignal }) => {
      seen.push(native.body.question, told.signal);
      return passages;
    };
    expect(ask({ context }, { signal })).toBeDefined();
    expect(seen).toEqual([question, signal]);
  });

  it('takes what the handler provided, and the question that came with it', () => {
    expect(ask({}, { provided: { passages } })).toMatchObject({ body: { sources: ['towns.md'] } });
    expect(ask({}, { provided: { passages, question: 'How long does rye dough rest?' } })).toMatchObject({
      body: { excerpts: [{ text: bread }], sources: [] },
    });
  });

  it('takes its own `question` before all others', () => {
    const own = { question: () => 'How long does rye dough rest?' };
    expect(ask(own, { provided: { passages, question } })).toMatchObject({ body: { excerpts: [{ text: bread }] } });
  });

  it('keeps to `max`, `maxChars` and `minRelevance`', () => {
    const many = Array.from({ length: 9 }, (_, n) => `The harbour of Aldport ${n} was dug in 1873, or so they say.`);
    const of = (options: ContextExcerptsOptions<Native>) =>
      (ask({ ...options, context: () => many }) as { body: { excerpts: { text: string }[] } } | undefined)?.body
        .excerpts;
    expect(of({})).toHaveLength(3);
    expect(of({ max: 5 })).toHaveLength(5);
    for (const { text } of of({ maxChars: 30 })!) expect(text.length).toBeLessThanOrEqual(30);
    expect(of({ question: () => 'Aldport volcano eruption magma crater', minRelevance: 0 })).toHaveLength(3);
    expect(of({ question: () => 'Aldport volcano eruption magma crater', minRelevance: 0.5 })).toBeUndefined();
  });

  it('has nothing without a question, without passages, and with none that is relevant', async () => {
    expect(ask({ question: () => undefined, context: () => passages })).toBeUndefined();
    expect(ask({ question: () => ' ', context: () => passages })).toBeUndefined();
    expect(ask()).toBeUndefined();
    for (const bad of [undefined, null, [], 'text', {}, [null, 7, { text: 7 }], [bread]]) {
      expect(ask({ context: () => bad as never })).toBeUndefined();
      expect(await ask({ context: async () => bad as never })).toBeUndefined();
      expect(ask({}, { provided: { passages: bad } })).toBeUndefined();
    }
  });

  it('does not fetch passages without a question', () => {
    let fetched = false;
    const context = () => {
      fetched = true;
      return passages;
    };
    expect(ask({ question: () => null, context })).toBeUndefined();
    expect(fetched).toBe(false);
  });

  it('waits for the question', async () => {
    const context = () => passages;
    expect(await ask({ question: async () => question, context })).toMatchObject({ body: { sources: ['towns.md'] } });
    expect(await ask({ question: async () => null, context })).toBeUndefined();
  });

  it('fetches nothing for a question that came when the time was over', async () => {
    const context = vi.fn(() => passages);
    const asked = ask({ question: async () => question, context }, { signal: AbortSignal.abort() });
    expect(await asked).toBeUndefined();
    expect(context).not.toHaveBeenCalled();
  });

  it('has a second, or its own time', () => {
    expect(contextExcerpts().timeoutMs).toBe(1000);
    expect(contextExcerpts({ timeoutMs: 2500 }).timeoutMs).toBe(2500);
  });

  it('passes a rejection to the next tier, whenever it comes', async () => {
    vi.useFakeTimers();
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const events = new Events();
    const failures: unknown[] = [];
    events.on('tier_failed', ({ error }) => void failures.push(error));
    const error = new Error('rejected');
    const now = () => Promise.reject(error);
    const late = () => new Promise<never>((_, reject) => setTimeout(reject, 2000, error));
    const cases: ContextExcerptsOptions<Native>[] = [
      { question: now },
      { context: now },
      { question: now, context: now },
      { question: late },
      { context: late },
    ];
    for (const options of cases) {
      const request = { headers: {}, query: '', body: { question }, native: {} } as unknown as RequestView;
      const facts = { reason: 'failure', circuit: 'c', retryAfterMs: undefined } as const;
      const ladder = new Ladder([contextExcerpts<Native>(options) as Tier]);
      const answer = ladder.climb(request, facts, undefined, undefined, {
        events,
        clock: { now: () => 0, wall: () => 0 },
      });
      await vi.advanceTimersByTimeAsync(3000);
      expect(await answer).toMatchObject({ level: 'unavailable' });
    }
    vi.useRealTimers();
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(failures).toEqual([error, error, error, expect.any(TierError), expect.any(TierError)]);
  });

  it('answers as the client prefers', () => {
    const context = () => [{ text: harbour, source: '<towns>' }];
    expect(ask({ context }, {}, 'text/plain')).toMatchObject({
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: expect.stringContaining(harbour),
    });
    const page = ask({ context }, {}, 'text/html') as { body: string };
    expect(page.body).toContain(`<blockquote>${harbour}</blockquote>\n<figcaption>&lt;towns&gt;</figcaption>`);
    const { body } = ask({ context }, {}, 'text/event-stream') as { body: string };
    expect(JSON.parse(/^event: brownout\ndata: (.+)\n\n$/.exec(body)![1]!)).toMatchObject({
      sources: ['<towns>'],
      metadata: { fallback_level: 'excerpts', retry_after: 28 },
    });
  });

  it('refuses bad options at start-up', () => {
    for (const options of [
      { max: 0 },
      { maxChars: 1.5 },
      { maxChars: 4001 },
      { minRelevance: 2 },
      { timeoutMs: 0 },
      { context: [] },
      { question: 'x' },
      { k: 1 },
    ])
      expect(() => contextExcerpts(options as never)).toThrow(OptionsError);
  });

  it("infers the host's type from where it stands", () => {
    const breaker = (_: { fallback?: readonly Tier<Native>[] | false }) => {};
    breaker({
      fallback: [
        contextExcerpts(),
        contextExcerpts({
          question: (req) => req.body.question,
          context: (req, { signal }) => {
            expectTypeOf(req).toEqualTypeOf<Native>();
            expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
            return [req.body.question];
          },
          words: { open: (_, req) => req.body.question },
        }),
      ],
    });
    // @ts-expect-error: the host's object has no such member
    breaker({ fallback: [contextExcerpts({ context: (req) => req.nothing })] });
  });
});
