import { describe, expect, expectTypeOf, it } from 'vitest';
import { OptionsError } from '../errors.ts';
import type { RequestView } from '../request-view.ts';
import { type ContextExcerptsOptions, contextExcerpts } from './context-excerpts.ts';
import type { Tier, TierContext } from './tier.ts';

interface Native {
  readonly body: { readonly question: string };
}

const harbour = 'The harbour of Aldport was dug in 1873. It silted up within a decade.';
const bread = 'Rye bread needs a sourdough starter. The dough rests for twelve hours.';
const passages = [bread, { text: harbour, source: 'towns.md' }];
const question = 'When was the harbour of Aldport dug?';

const ask = (options?: ContextExcerptsOptions<Native>, told: Partial<TierContext> = {}, accept?: string) => {
  const request = {
    query: '',
    headers: accept === undefined ? {} : { accept },
    body: { question },
    native: { body: { question } },
  } as unknown as RequestView<Native>;
  const context = { reason: 'circuit_open', circuit: 'openai', retryAfterMs: 27_300, ...told } as TierContext;
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
