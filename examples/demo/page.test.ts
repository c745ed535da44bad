import { describe, expect, it } from 'vitest';

const script = (name: string) => import(new URL(`./page/${name}.js`, import.meta.url).href);
const { eventsOf } = await script('sse');
const { readFallback } = await script('fallback-header');
const { curl } = await script('curl');

describe('The page', () => {
  it('reads the events of a stream, wherever its pieces are cut', async () => {
    const text =
      'data: {"token":"“Dim "}\n\n: still here\n\ndata: {"tok\nevent: brownout-partial\n\nevent: done\ndata: {"sources":["a.md"]}\n\n';
    const bytes = new TextEncoder().encode(text);
    for (const size of [1, 7, bytes.length]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size),
      );
      let heard = '';
      const events: unknown[] = [];
      const hear = (piece: string) => {
        heard += piece;
      };
      for await (const event of eventsOf(ReadableStream.from(pieces), hear)) events.push(event);
      expect(events).toEqual([
        { name: 'message', data: { token: '“Dim ' } },
        { name: 'brownout-partial', data: {} },
        { name: 'done', data: { sources: ['a.md'] } },
      ]);
      expect(heard).toBe(text);
    }
  });

  it('reads level, reason, circuit and age from the header, and nothing where there is none', () => {
    const fallback = 'l1_cache; reason=timeout; circuit="openai"; age=8';
    expect(readFallback(new Headers({ 'brownout-fallback': fallback }))).toEqual({
      level: 'l1_cache',
      reason: 'timeout',
      circuit: 'openai',
      age: 8,
    });
    expect(readFallback(new Headers())).toEqual({});
  });

  it('shows a line for curl that a shell takes as it stands', () => {
    expect(curl({ url: 'http://a', path: '/ask', streamed: true }, "What's up?")).toBe(
      `curl -iN http://a/ask -H 'Accept: text/event-stream' -H 'Content-Type: application/json' -d '{"question":"What'\\''s up?"}'`,
    );
  });
});
