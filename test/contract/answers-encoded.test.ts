import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import compression from 'compression';
import koaCompress from 'koa-compress';
import { describe, expect, it } from 'vitest';
import type { Asked } from './outage.ts';
import { type Stack, stacks, useOutages } from './stacks.ts';

const outage = useOutages();
const big = 'x'.repeat(5_000);
const accepting = (codings: string): Asked => ({ headers: { 'accept-encoding': codings } });
const plain = { gzip: gunzipSync, br: brotliDecompressSync };
const codings = ['gzip', 'br'] as const;

const places = stacks.flatMap((stack) => [
  { name: stack.name, stack, place: 'inside' },
  { name: stack.name, stack, place: 'outside' },
]);

describe.each(places)('An answer on $name with compression $place the breaker', ({ stack, place }) => {
  const compressed = (type: string, body: string, coding: string) => {
    const compress = (stack.express ? compression() : koaCompress()) as never;
    const handler = stack.gives(type, body);
    const inOrder = (guard: never) => (place === 'inside' ? [guard, compress, handler] : [compress, guard, handler]);
    return outage(stack, inOrder as never, accepting(coding));
  };

  it.each(codings)('is tagged where it is JSON that went out in %s, whatever the next accepts', async (coding) => {
    const { fresh, ask } = await compressed('json', JSON.stringify({ big }), coding);
    expect(fresh.headers['content-encoding']).toBe(coding);
    for (const accepted of ['identity', 'gzip', 'br', 'gzip, br']) {
      const cached = await ask(accepting(accepted));
      const encoding = cached.headers['content-encoding'] as 'gzip' | undefined;
      expect(encoding === undefined || (place === 'outside' && accepted.includes(encoding))).toBe(true);
      const bytes = encoding === undefined ? cached.bytes : plain[encoding](cached.bytes);
      expect(JSON.parse(bytes.toString())).toMatchObject({ big, metadata: { fallback_level: 'l1_cache' } });
    }
  });

  it.each(codings)('goes, where it is text that went out in %s, to who can read it', async (coding) => {
    const { fresh, ask } = await compressed('text', big, coding);
    expect(fresh.headers['content-encoding']).toBe(coding);
    const cached = await ask(accepting(coding));
    expect([cached.level, cached.headers['content-encoding']]).toEqual(['l1_cache', coding]);
    expect(plain[coding](cached.bytes).toString()).toBe(big);
    const other = await ask(accepting('identity'));
    if (place === 'inside') expect(other.level).toBe('unavailable');
    else expect([other.level, other.text]).toEqual(['l1_cache', big]);
  });

  it('has no body for HEAD', async () => {
    const { ask } = await compressed('json', JSON.stringify({ big }), 'gzip');
    const head = await ask({ method: 'HEAD', ...accepting('identity') });
    expect([head.status, head.level, head.text]).toEqual([200, 'l1_cache', '']);
    expect(head.headers['content-encoding']).toBeUndefined();
  });
});

describe.each(stacks)('Encoded JSON on $name', (stack: Stack) => {
  const levels = async (body: Buffer, coding: string) => {
    const handler = stack.gives('json', body, { 'content-encoding': coding });
    const { ask } = await outage(stack, (guard) => [guard, handler]);
    return [(await ask({})).level, (await ask(accepting(`${coding}, *`))).level];
  };

  it.each<[string, string[], string, () => Buffer]>([
    ['would be too large when it is decoded', [], 'gzip', () => gzipSync(`"${'0'.repeat(1_000_000)}"`)],
    [
      'is wrapped in many codings',
      [],
      'gzip, gzip, gzip, gzip',
      () => [1, 2, 3, 4].reduce(gzipSync as never, Buffer.from('{}')),
    ],
    ['is broken', [], 'gzip', () => Buffer.from('no gzip')],
    ['is no JSON when it is decoded', [], 'br', () => brotliCompressSync('{"a":')],
    ['has a coding that nobody here knows, except by who does', ['l1_cache'], 'x-unknown', () => Buffer.from('?')],
  ])('is not replayed where it %s', async (_, forWhoAccepts, coding, body) => {
    expect(await levels(body(), coding)).toEqual(['unavailable', forWhoAccepts[0] ?? 'unavailable']);
  });
});
