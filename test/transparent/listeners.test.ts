import { once } from 'node:events';
import process from 'node:process';
import { PassThrough, Stream } from 'node:stream';
import { createBrownout } from '@brownout/core';
import { describe, expect, it } from 'vitest';
import { type Handler, hosts } from '../contract/hosts.ts';
import { useServers } from '../contract/servers.ts';

const start = useServers();

describe.each(hosts)('$name', (host) => {
  it('warns of no leak in an application that has as many listeners as it may have', async () => {
    let own = 0;
    const answer: Handler = ({ res }) => {
      for (let added = 0; added < own; added++) res.on('close', () => {});
      const count = res.listenerCount('close');
      res.end('x');
      return once(res, 'close').then(() => count);
    };
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    let count = -1;
    const bare = await start(
      host.create({ routes: { 'GET /a': async (call) => (count = (await answer(call)) as number) } }),
    );
    await fetch(`${bare}/a`);
    await expect.poll(() => count).toBeGreaterThan(-1);
    own = 9 - count; // the handler itself waits for one
    const guarded = await start(
      host.create({
        use: { brownout: createBrownout() },
        routes: { 'GET /a': { breaker: { brownout: createBrownout() }, handler: answer } },
      }),
    );
    await fetch(`${guarded}/a`);
    await new Promise(setImmediate);
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  it('lets go of a source that many responses read, and of what was piped before', async () => {
    const radio = new PassThrough();
    radio.setMaxListeners(0);
    const own = radio.listenerCount('close');
    let sources: PassThrough[] = [];
    const url = await start(
      host.create({
        use: { brownout: createBrownout() },
        routes: {
          'GET /radio': ({ res }) => {
            radio.pipe(res, { end: false });
            radio.write('data');
            return once(res, 'close');
          },
          'GET /parts': async ({ res }) => {
            sources = [1, 2, 3].map(() => new PassThrough());
            for (const source of sources) {
              source.pipe(res, { end: false });
              source.end('part');
              await once(source, 'end');
            }
            await new Promise(setImmediate);
            res.end();
            return new Promise(() => {});
          },
        },
      }),
    );
    for (let client = 0; client < 5; client++) {
      const response = await fetch(`${url}/radio`);
      await response.body!.cancel();
    }
    await expect.poll(() => radio.listenerCount('data')).toBe(0);
    expect(radio.listenerCount('close')).toBe(own);
    expect(await (await fetch(`${url}/parts`)).text()).toBe('partpartpart');
    expect(sources.map((source) => source.listenerCount('close'))).toEqual([0, 0, 0]);
    radio.destroy();
  });

  it('survives a takeover of what a stream of the oldest kind is piped into', async () => {
    const source = new Stream();
    const url = await start(
      host.create({
        use: { brownout: createBrownout(), timeoutMs: 10 },
        routes: {
          'GET /a': ({ res }) => {
            source.pipe(res);
            return new Promise(() => {});
          },
        },
      }),
    );
    expect((await fetch(`${url}/a`)).status).toBe(503);
    source.emit('data', 'late');
    source.emit('end');
    expect((await fetch(`${url}/a`)).status).toBe(503);
  });
});
