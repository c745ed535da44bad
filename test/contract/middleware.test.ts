import { breaker, createBrownout } from '@brownout/express';
import compression from 'compression';
import cors from 'cors';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { useServers } from './servers.ts';

const serve = useServers();

const big = 'x'.repeat(5_000);

describe.each(['outside', 'inside'])('compression %s the breaker', (place) => {
  const start = async () => {
    const app = express();
    const brownout = createBrownout();
    let mode: 'ok' | 'answers 500' | 'throws' | 'late' = 'ok';
    app.use(cors());
    if (place === 'outside') app.use(compression());
    app.use(breaker({ brownout, timeoutMs: 1_000 }));
    if (place === 'inside') app.use(compression());
    app.get('/a', (_req, res) => {
      if (mode === 'ok') res.json({ big });
      else if (mode === 'answers 500') res.status(500).json({ big });
      else if (mode === 'throws') throw new Error('upstream is down');
      else setTimeout(() => res.json({ big }), 1_100);
    });
    app.use(((_error, _req, res, _next) => {
      res.status(500).send(`error page ${big}`);
    }) satisfies express.ErrorRequestHandler);
    const url = `${await serve(app)}/a`;
    return { brownout, url, set: (next: typeof mode) => (mode = next) };
  };

  it('compresses what is well, and the answers of tiers as itself decides', async () => {
    const { url, brownout } = await start();
    const fresh = await fetch(url);
    expect(fresh.headers.get('content-encoding')).toBe('gzip');
    expect(await fresh.json()).toEqual({ big });
    brownout.circuit('GET /a').forceOpen();
    const cached = await fetch(url);
    expect(cached.headers.get('content-encoding')).toBe(place === 'outside' ? 'gzip' : null);
    expect(await cached.json()).toMatchObject({ big, metadata: { fallback_level: 'l1_cache' } });
  });

  it.each(['answers 500', 'throws', 'late'] as const)(
    'adds nothing to a degraded answer when the handler %s',
    async (mode) => {
      const { url, set } = await start();
      set(mode);
      const response = await fetch(url);
      expect(response.status).toBe(503);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('content-encoding')).toBeNull();
      expect(await response.json()).toMatchObject({ status: 503, metadata: { fallback_level: 'unavailable' } });
    },
  );
});
