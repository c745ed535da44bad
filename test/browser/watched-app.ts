import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dashboard } from '@brownout/dashboard';
import { breaker, createBrownout, fixedAnswer } from '@brownout/express';
import express from 'express';

export interface AppFacts {
  /** Whether circuits may be changed. */
  readonly mayChange?: boolean;
  /** Idle circuits besides that of the route. */
  readonly others?: readonly string[];
}

/** An application whose route depends on a model, and its dashboard under `/ops/brownout`. */
export async function watchedApp({ mayChange = true, others = [] }: AppFacts = {}) {
  const set = createBrownout({ failureThreshold: 2, resetTimeoutMs: 60_000, jitter: 0 });
  const model = { isDown: false };
  const panel = dashboard({ brownout: set, ...(mayChange && { authorize: () => ({ by: 'ada' }) }) });
  const app = express();
  app.use('/ops/brownout', panel);
  app.get(
    '/ask',
    breaker({ brownout: set, circuit: 'model', fallback: [fixedAnswer({ answer: 'Ask again later.' })] }),
    (_req, res) => {
      if (model.isDown) res.status(500);
      res.json({ answer: 'Nine million litres.' });
    },
  );
  for (const name of others) set.circuit(name);
  const server = createServer(app);
  const listen = (port: number) => new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return {
    set,
    model,
    url: `http://127.0.0.1:${port}/ops/brownout/`,
    ask: async () => (await fetch(`http://127.0.0.1:${port}/ask`)).headers.get('brownout-fallback'),
    /** Answers nobody any more, until it is started again. */
    stop,
    restart: () => listen(port),
    close: async () => {
      panel.close();
      set.close();
      if (server.listening) await stop();
    },
  };
}
