import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { listen, stop } from './listen.ts';

describe('listen', () => {
  it('takes the next free port where the one that is asked for is taken', async () => {
    const [first, second] = [createServer(), createServer()];
    const port = await listen(first, 0);
    const next = await listen(second, port);
    expect(next).toBeGreaterThan(port);
    await Promise.all([stop(first), stop(second)]);
  });
});
