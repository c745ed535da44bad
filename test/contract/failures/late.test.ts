import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { finished, PassThrough, pipeline, Readable } from 'node:stream';
import { createBrownout } from '@brownout/core';
import { describe, expect, it } from 'vitest';
import { hosts } from '../hosts.ts';
import { useServers } from '../servers.ts';

const serve = useServers();
const web = () =>
  new ReadableStream<string>({
    start(controller) {
      controller.enqueue('late');
      controller.close();
    },
  });
type Done = (error?: NodeJS.ErrnoException | null) => void;

describe.each(hosts)('$name', (host) => {
  // from a callback, what is thrown would end the process
  it.each<[string, (res: ServerResponse, done: Done) => unknown]>([
    ['a pipeline', (res, done) => pipeline(Readable.from(['late']), res, done)],
    ['a pipeline from a source that is open', (res, done) => pipeline(new PassThrough(), res, done)],
    ['a longer pipeline', (res, done) => pipeline(Readable.from(['late']), new PassThrough(), res, done)],
    ['a pipeline from a generator', (res, done) => pipeline(['late'], res, done)],
    ['a pipeline from a web stream', (res, done) => pipeline(web(), res, done)],
    ['`finished`', (res, done) => finished(res, done)],
    ['`write` and `end`', (res, done) => res.write('late', () => res.end('late', () => done()))],
    ['a pipe', (res, done) => Readable.from(['late']).once('close', done).pipe(res)],
  ])('lets %s begin and end on an answer that is over', async (_, begin) => {
    const late = Promise.withResolvers<unknown>();
    const url = await serve(
      host.create({
        use: { brownout: createBrownout(), timeoutMs: 20 },
        routes: {
          'GET /a': ({ res }) => {
            const start = () => {
              try {
                begin(res, (error) => late.resolve(error?.code ?? 'done'));
              } catch (error) {
                late.reject(error);
              }
            };
            res.once('close', () => setImmediate(start));
            return new Promise(() => {});
          },
        },
      }),
    );
    expect((await fetch(`${url}/a`)).status).toBe(503);
    expect(['done', 'ERR_STREAM_PREMATURE_CLOSE']).toContain(await late.promise);
  });

  it('shows that an answer in its place is over', async () => {
    const shown = Promise.withResolvers<unknown>();
    const url = await serve(
      host.create({
        use: { brownout: createBrownout(), timeoutMs: 20 },
        routes: {
          'GET /a': async ({ res }) => {
            await once(res, 'close');
            shown.resolve([res.headersSent, res.writableEnded, res.writableFinished]);
          },
        },
      }),
    );
    await fetch(`${url}/a`);
    expect(await shown.promise).toEqual([true, true, true]);
  });
});
