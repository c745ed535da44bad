import { Circuit, type Classifier, createBrownout } from '@brownout/express';
import { describe, expect, it } from 'vitest';
import { type Handler, hosts } from './hosts.ts';
import { useServers } from './servers.ts';

const start = useServers();

const unauthorized = Object.assign(new Error('Our key is refused'), { status: 401 });
const counted = (said: ReturnType<Classifier>) =>
  typeof said === 'object' && said.verdict === 'failure' ? 'failure' : 'ignored';
const throwing: Handler = () => {
  throw unauthorized;
};

describe.each(hosts)('What a classifier says, $name', (host) => {
  async function setUp(classify: Classifier, handler: Handler) {
    const brownout = createBrownout();
    const guarded = { brownout, circuit: 'a', classify, fallback: [] };
    const url = await start(host.create({ routes: { 'GET /a': { guarded, handler } } }));
    const response = await fetch(`${url}/a`);
    const text = await response.text();
    const { success, failure, ignored } = brownout.circuit('a').metrics().calls;
    return { response, text, counts: { success, failure, ignored } };
  }

  it.each<[string, ReturnType<Classifier>, number, string | null, object]>([
    ['is ignored, and goes out as it is', 'ignore', 401, null, { ignored: 1 }],
    ['the same without a reason', { verdict: 'ignore' }, 401, null, { ignored: 1 }],
    ['is ignored, and answered by a tier', { verdict: 'ignore', reason: 'failure' }, 503, 'failure', { ignored: 1 }],
    ['is a failure for a reason of its own', { verdict: 'failure', reason: 'timeout' }, 503, 'timeout', { failure: 1 }],
    ['is a failure', 'failure', 503, 'failure', { failure: 1 }],
  ])('of an error: it %s', async (_, said, status, reason, counted) => {
    const { response, counts } = await setUp(() => said, throwing);
    expect(response.status).toBe(status);
    expect(/reason=(\w+)/.exec(response.headers.get('brownout-fallback') ?? '')?.[1] ?? null).toBe(reason);
    expect(counts).toEqual({ success: 0, failure: 0, ignored: 0, ...counted });
  });

  it('of a status: it is held for that reason', async () => {
    const { response, counts } = await setUp(
      () => ({ verdict: 'ignore', reason: 'overloaded' }),
      ({ send }) => send(418, 'busy'),
    );
    expect(response.status).toBe(503);
    expect(response.headers.get('brownout-fallback')).toContain('reason=overloaded');
    expect(counts).toEqual({ success: 0, failure: 0, ignored: 1 });
  });

  const midStream =
    (error: () => unknown): Handler =>
    async ({ res }) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      await new Promise<void>((resolve) => res.write('data: one\n\n', () => resolve()));
      throw await error();
    };

  it('of an error after the first byte: the stream ends for that reason', async () => {
    const { text, counts } = await setUp(
      (outcome) => ('error' in outcome ? { verdict: 'ignore', reason: 'rate_limited' } : 'success'),
      midStream(() => unauthorized),
    );
    expect(text).toContain('event: brownout\ndata: {"metadata":{"from_fallback":true,"fallback_reason":"rate_limited"');
    expect(counts).toEqual({ success: 0, failure: 0, ignored: 1 });
  });

  it('of one that goes out as it is: after the first byte it cannot, and breaks the answer', async () => {
    const { text, counts } = await setUp(
      (outcome) => ('error' in outcome ? 'ignore' : 'success'),
      midStream(() => unauthorized),
    );
    expect(text).toContain('event: brownout\ndata: {"metadata":{"from_fallback":true,"fallback_reason":"failure"');
    expect(counts).toEqual({ success: 0, failure: 1, ignored: 0 });
  });

  it('of an error that an inner circuit has counted, after the first byte: it is counted once', async () => {
    const inner = new Circuit('inner');
    const { text, counts } = await setUp(
      (outcome) => ('error' in outcome ? 'failure' : 'success'),
      midStream(() => inner.run(() => Promise.reject(new Error('boom'))).catch((error: unknown) => error)),
    );
    expect(text).toContain('event: brownout');
    expect(inner.metrics().calls.failure).toBe(1);
    expect(counts).toEqual({ success: 0, failure: 0, ignored: 1 });
  });

  describe.each(['breaker', 'guarded'])('that of an inner circuit (%s)', (style) => {
    it.each<[string, ReturnType<Classifier>]>([
      ['of a failure', { verdict: 'failure', reason: 'timeout' }],
      ['of what is ignored', { verdict: 'ignore', reason: 'timeout' }],
    ])('%s: its reason stands, and the route counts nothing', async (_, said) => {
      const brownout = createBrownout();
      const inner = brownout.circuit('inner', { classify: () => said });
      const handler: Handler = (call) => call.brownout.run(inner, () => Promise.reject(unauthorized));
      const options = { brownout, circuit: 'a', fallback: [] };
      const url = await start(host.create({ routes: { 'GET /a': { [style]: options, handler } } }));
      const response = await fetch(`${url}/a`);
      expect([response.status, response.headers.get('brownout-fallback')]).toEqual([
        503,
        expect.stringContaining('reason=timeout'),
      ]);
      expect(inner.metrics().calls).toMatchObject({ success: 0, ignored: 0, failure: 0, [counted(said)]: 1 });
      expect(brownout.circuit('a').metrics().calls).toMatchObject({ success: 0, failure: 0, ignored: 1 });
    });
  });
});
