import { describe, expect, expectTypeOf, it } from 'vitest';
import { OptionsError } from '../errors.ts';
import type { RequestView } from '../request-view.ts';
import { type AlternateFn, alternate } from './alternate.ts';
import type { Tier, TierContext } from './tier.ts';

interface Native {
  readonly body: { readonly question: string };
}

const request = { headers: {}, native: { body: { question: 'Why?' } } } as RequestView<Native>;
const context = { reason: 'failure', circuit: 'openai', error: new Error('down') } as unknown as TierContext;
const given = (value: unknown) => alternate((() => value) as AlternateFn<Native>).answer(request, context);

describe('alternate', () => {
  it("hands the host's object and the context to the function", () => {
    const tier = alternate<Native>(({ body }, { error, reason }) => `${body.question} ${reason} ${String(error)}`);
    expect(tier.answer(request, context)).toEqual({ body: 'Why? failure Error: down' });
  });

  it('takes a plain object with a `body` and nothing but `status` and `headers` for a reply', () => {
    const reply = { status: 203, headers: { 'x-model': 'small' }, body: { answer: 'Because.' } };
    expect(given(reply)).toEqual(reply);
    expect(given({ body: 'text' })).toEqual({ body: 'text' });
  });

  it('takes all else for a body', () => {
    for (const body of ['text', new Uint8Array(2), { answer: 1 }, { body: 'b', title: 't' }, { status: 200 }, [1]])
      expect(given(body)).toEqual({ body });
  });

  it('has nothing when the function has nothing', async () => {
    expect(given(undefined)).toBeUndefined();
    expect(given(null)).toBeUndefined();
    expect(await given(Promise.resolve(null))).toBeUndefined();
  });

  it('waits for a promise, and lets it reject', async () => {
    expect(await given(Promise.resolve({ answer: 1 }))).toEqual({ body: { answer: 1 } });
    await expect(given(Promise.reject(new Error('down, too')))).rejects.toThrow('down, too');
  });

  it('may take 10 seconds, or as long as it is told', () => {
    expect(alternate(() => 'x').timeoutMs).toBe(10_000);
    expect(alternate(() => 'x', { timeoutMs: 50 }).timeoutMs).toBe(50);
  });

  it('refuses bad arguments at start-up', () => {
    expect(() => alternate('x' as never)).toThrow(OptionsError);
    expect(() => alternate(() => 'x', { timeoutMs: 0 })).toThrow('`timeoutMs`');
    expect(() => alternate(() => 'x', { timeout: 5 } as never)).toThrow('`timeoutMs`');
  });

  it("infers the host's type from where it stands", () => {
    const breaker = (_: { fallback: readonly Tier<Native>[] }) => {};
    breaker({
      fallback: [
        alternate((native, { signal }) => {
          expectTypeOf(native).toEqualTypeOf<Native>();
          expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
          return native.body.question;
        }),
      ],
    });
  });
});
