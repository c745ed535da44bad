import { describe, expect, it } from 'vitest';
import { OptionsError } from '../errors.ts';
import type { RequestView } from '../request-view.ts';
import type { TierContext } from './tier.ts';
import { isUnavailable, type UnavailableOptions, unavailable } from './unavailable.ts';

const requestOf = (accept?: string) => ({ headers: accept === undefined ? {} : { accept }, native: {} }) as RequestView;
const contextOf = (given: Partial<TierContext> = {}) =>
  ({ reason: 'circuit_open', circuit: 'openai', retryAfterMs: undefined, ...given }) as TierContext;

const answer = (accept?: string, options?: UnavailableOptions, context = contextOf({ retryAfterMs: 27_300 })) => {
  const reply = unavailable(options).answer(requestOf(accept), context);
  if (reply === undefined || reply instanceof Promise) throw new Error('it must answer at once');
  return reply;
};

describe('unavailable', () => {
  it('answers problem details', () => {
    expect(answer(undefined, { service: 'AI assistant' })).toEqual({
      status: 503,
      headers: { 'content-type': 'application/problem+json' },
      body: {
        type: 'about:blank',
        title: 'Service Unavailable',
        status: 503,
        detail: 'AI assistant is temporarily unavailable. Please try again in 28 seconds.',
      },
    });
  });

  it('answers 429 when rate limited', () => {
    expect(answer(undefined, {}, contextOf({ reason: 'rate_limited' }))).toMatchObject({
      status: 429,
      body: { status: 429, title: 'Too Many Requests' },
    });
  });

  it('takes type, title and status as they are given', () => {
    const options = { type: 'https://example.com/down', title: 'Down', status: 502 };
    expect(answer(undefined, options, contextOf({ reason: 'rate_limited' }))).toMatchObject({
      status: 502,
      body: { ...options, detail: expect.stringContaining('high demand') },
    });
  });

  it('answers plain text', () => {
    expect(answer('text/plain')).toMatchObject({
      status: 503,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: 'This service is temporarily unavailable. Please try again in 28 seconds.\n',
    });
  });

  it('answers one SSE event with the problem and the metadata on one line, the status unchanged', () => {
    const { status, headers, body } = answer('text/event-stream', { service: 'Line\nbreak' });
    expect(status).toBe(503);
    expect(headers).toEqual({ 'content-type': 'text/event-stream; charset=utf-8' });
    const [, data] = /^event: brownout\ndata: (.+)\n\n$/.exec(body as string)!;
    expect(JSON.parse(data!)).toMatchObject({
      status: 503,
      detail: expect.stringContaining('Line\nbreak'),
      metadata: { from_fallback: true, fallback_level: 'unavailable', circuit: 'openai', retry_after: 28 },
    });
  });

  it('answers a page that is escaped and has no script', () => {
    const { headers, body } = answer('text/html', { service: '<img src=x onerror="a()">&\'', lang: 'de"' });
    expect(headers).toEqual({ 'content-type': 'text/html; charset=utf-8' });
    expect(body).toContain('&lt;img src=x onerror=&quot;a()&quot;&gt;&amp;&#39; is temporarily unavailable.');
    expect(body).toContain('<html lang="de&quot;">');
    expect(body).toContain('<title>Service Unavailable</title>');
    expect(body).not.toMatch(/<script|<img/);
  });

  it('answers with a page of your own, and with the built-in one where that fails', () => {
    expect(answer('text/html', { html: ({ detail, seconds }) => `${seconds} ${detail}` }).body).toMatch(/^28 This/);
    const bad = [
      () => {
        throw new Error('page');
      },
      async () => {
        throw new Error('unhandled');
      },
      () => '',
    ];
    for (const html of bad) expect(answer('text/html', { html: html as never }).body).toMatch(/^<!doctype html>/);
  });

  it('answers whatever the header is', () => {
    for (const accept of [';;q=', '"', 'x'.repeat(100_000)])
      expect(answer(accept).headers).toEqual({ 'content-type': 'application/problem+json' });
  });

  it('gives each answer a body of its own', () => {
    const tier = unavailable();
    expect(tier.answer(requestOf(), contextOf())).not.toBe(tier.answer(requestOf(), contextOf()));
  });

  it('is known by what made it, not by its name', () => {
    expect(isUnavailable(unavailable())).toBe(true);
    expect(isUnavailable({ ...unavailable() })).toBe(false);
  });

  it('refuses bad options at start-up', () => {
    for (const options of [
      { status: 99 },
      { status: 204 },
      { status: 200.5 },
      { service: '' },
      { html: 'x' },
      { x: 1 },
    ])
      expect(() => unavailable(options as never)).toThrow(OptionsError);
  });
});
