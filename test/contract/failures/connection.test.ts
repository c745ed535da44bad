import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Call, type Handler, hosts } from '../hosts.ts';
import { observe, styles } from './observe.ts';

const raw = ({ ctx, res }: Call, type: string, length?: number) => {
  if (ctx !== undefined) ctx.respond = false;
  res.writeHead(200, { 'Content-Type': type, ...(length !== undefined && { 'Content-Length': length }) });
};

describe.each(hosts)('$name', (host) => {
  const fails: Record<string, (call: Call) => unknown> = {
    'is thrown': () => {
      throw new Error('upstream is cut');
    },
    ...(host.family === 'express' && { 'is handed to `next`': ({ next }) => next(new Error('upstream is cut')) }),
    'destroys `req.socket`': ({ req }) => req.socket.destroy(),
  };
  // Express 4 does not see a rejection: applications for it pass it on themselves
  const safe = (handler: Handler): Handler =>
    host.name === 'Express 4' ? (call) => new Promise((resolve) => resolve(handler(call))).catch(call.next) : handler;
  const every = (handler: Handler) =>
    Promise.all(styles.map((style) => observe(host, style, { handler: safe(handler) })));

  describe.each(Object.entries(fails))('when an error %s', (_, fail) => {
    it('answers in place of a head that is made and not sent, and keeps the connection', async () => {
      const handler: Handler = (call) => {
        raw(call, 'text/plain');
        fail(call);
      };
      for (const seen of await every(handler)) {
        expect(seen).toMatchObject({ client: '503 failure', connection: 'kept', counted: 'failure' });
      }
    });

    it.each(['text/event-stream', 'application/x-ndjson'])('ends %s that flows with last words', async (type) => {
      const handler: Handler = async (call) => {
        raw(call, type);
        call.res.write('data: one');
        await sleep(5);
        await fail(call);
      };
      for (const seen of await every(handler)) {
        expect(seen).toMatchObject({ client: '200, last words failure', connection: 'kept', counted: 'failure' });
        expect(seen.degraded).toEqual(['200 unavailable failure']);
      }
    });

    it.each<[string, number | undefined]>([
      ['text/plain', undefined],
      ['text/event-stream', 100],
    ])('breaks a body that has no place for them (%s, length %s)', async (type, length) => {
      const handler: Handler = async (call) => {
        raw(call, type, length);
        call.res.write('data: one');
        await sleep(5);
        await fail(call);
      };
      for (const seen of await every(handler)) {
        expect(seen).toMatchObject({ client: '200, broken', connection: 'closed', counted: 'failure' });
      }
    });
  });

  it.each(['resetAndDestroy', 'destroySoon'] as const)(
    'spares a socket from `%s` for last words, for good',
    async (name) => {
      let isReset: unknown; // when it is closed, in the end
      const handler: Handler = async (call) => {
        const { socket } = call.res;
        raw(call, 'text/event-stream');
        call.res.write('data: one\n\n');
        await sleep(5);
        call.req.socket[name]();
        isReset = (socket as Socket & { resetAndClosing?: boolean }).resetAndClosing;
      };
      const seen = await observe(host, 'breaker', { handler });
      expect(seen).toMatchObject({ client: '200, last words failure', connection: 'kept', counted: 'failure' });
      expect(isReset).toBeFalsy();
    },
  );

  it('leaves the socket what it is, but while an answer flows that can be ended', async () => {
    const seen: Record<string, boolean[]> = {};
    const handler = (type: string): Handler => {
      return async (call) => {
        const { req, res } = call;
        const { socket } = req;
        const note = () => {
          seen[type] = [...(seen[type] ?? []), req.socket === socket];
        };
        res.once('finish', note);
        raw(call, type);
        res.write('data: one\n\n');
        note();
        expect(req.socket.remoteAddress).toBe(socket.remoteAddress);
        req.socket.setTimeout(5_000);
        expect((socket as Socket & { timeout: number }).timeout).toBe(5_000);
        await sleep(5);
        res.end();
        note();
      };
    };
    for (const type of ['text/plain', 'text/event-stream']) {
      await observe(host, 'breaker', { handler: handler(type) });
      await observe(host, 'breaker', { handler: handler(`${type}; shadow=1`), options: { mode: 'shadow' } });
    }
    const real = [true, true, true];
    expect(seen).toEqual({
      'text/plain': real,
      'text/plain; shadow=1': real,
      'text/event-stream': [false, true, true],
      'text/event-stream; shadow=1': real,
    });
  });
});
