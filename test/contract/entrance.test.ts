import { createBrownout } from '@brownout/core';
import { describe, expect, it } from 'vitest';
import { type Call, hosts } from './hosts.ts';
import { useServers } from './servers.ts';

const serve = useServers();

describe.each(hosts)('The way into a route, $name', (host) => {
  /** A handler that answers when it is told to, and how many are at it. */
  function held() {
    const answers: (() => void)[] = [];
    const handler = (call: Call) =>
      new Promise<void>((resolve) => {
        answers.push(() => {
          call.send(200, { fine: true });
          resolve();
        });
      });
    return { answers, handler };
  }

  it('waits in line for room, and is refused when it has waited for too long', async () => {
    const brownout = createBrownout();
    const { answers, handler } = held();
    const breaker = { brownout, circuit: 'a', maxConcurrent: 1, maxQueued: 2, maxWaitMs: 500, fallback: [] };
    const url = await serve(host.create({ routes: { 'GET /a': { breaker, handler } } }));
    const first = fetch(`${url}/a`);
    await expect.poll(() => answers.length).toBe(1);
    const second = fetch(`${url}/a`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answers).toHaveLength(1);
    answers[0]!();
    expect((await first).status).toBe(200);
    await expect.poll(() => answers.length).toBe(2);
    const third = await fetch(`${url}/a`);
    expect(third.status).toBe(503);
    expect(third.headers.get('brownout-fallback')).toBe('unavailable; reason=overloaded; circuit="a"');
    answers[1]!();
    expect((await second).status).toBe(200);
    expect(brownout.circuit('a').metrics()).toMatchObject({ inFlight: 0, calls: { success: 2, refused: 1 } });
  });

  it('forgets a client that leaves the line', async () => {
    const brownout = createBrownout();
    const { answers, handler } = held();
    const breaker = { brownout, circuit: 'a', maxConcurrent: 1, maxQueued: 1, maxWaitMs: 20_000, fallback: [] };
    const url = await serve(host.create({ routes: { 'GET /a': { breaker, handler } } }));
    const first = fetch(`${url}/a`);
    await expect.poll(() => answers.length).toBe(1);
    const controller = new AbortController();
    const left = fetch(`${url}/a`, { signal: controller.signal }).catch(() => 'left');
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort();
    expect(await left).toBe('left');
    let next: Promise<Response> | undefined;
    // there is room in the line again once the server has seen it
    await expect
      .poll(async () => {
        next = fetch(`${url}/a`);
        return Promise.race([
          next.then(({ status }) => status),
          new Promise((resolve) => setTimeout(resolve, 100, 'waits')),
        ]);
      })
      .toBe('waits');
    answers[0]!();
    expect((await first).status).toBe(200);
    await expect.poll(() => answers.length).toBe(2);
    answers[1]!();
    expect((await next!).status).toBe(200);
    expect(brownout.circuit('a').metrics()).toMatchObject({
      inFlight: 0,
      calls: { success: 2, ignored: 0, failure: 0 },
    });
  });

  it('keeps to a quota, and says when there is room', async () => {
    const brownout = createBrownout();
    const breaker = { brownout, circuit: 'a', rateLimit: { requestsPerMinute: 2 }, fallback: [] };
    const handler = (call: Call) => call.send(200, 'fine');
    const url = await serve(host.create({ routes: { 'GET /a': { breaker, handler } } }));
    const statuses = [];
    for (let n = 0; n < 2; n++) statuses.push((await fetch(`${url}/a`)).status);
    expect(statuses).toEqual([200, 200]);
    const refused = await fetch(`${url}/a`);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('brownout-fallback')).toBe('unavailable; reason=rate_limited; circuit="a"');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(25);
    expect(brownout.circuit('a').metrics()).toMatchObject({ inFlight: 0, calls: { success: 2, refused: 1 } });
  });

  it('waits for a limiter that a fleet shares', async () => {
    const brownout = createBrownout();
    let left = 1;
    const rateLimit = { take: async () => (left-- > 0 ? 0 : 5_000) };
    const breaker = { brownout, circuit: 'a', rateLimit, fallback: [] };
    const handler = (call: Call) => call.send(200, 'fine');
    const url = await serve(host.create({ routes: { 'GET /a': { breaker, handler } } }));
    expect((await fetch(`${url}/a`)).status).toBe(200);
    const refused = await fetch(`${url}/a`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
  });
});
