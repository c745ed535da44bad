import { guarded, jobs, llmRoute, queueForLater } from '@brownout/express';
import { exportMetrics } from '@brownout/prometheus';
import type { Express, NextFunction, Request, Response } from 'express';
import express from 'express';
import { Registry } from 'prom-client';
import { answerEvents } from './answer-events.ts';
import type { AppOptions } from './app-options.ts';
import type { Asker } from './assistant.ts';
import { through } from './providers.ts';
import { questionFault } from './question.ts';
import { retrieve } from './retrieve.ts';

export function expressApp({ brownout, dashboard, main, providers, timeoutMs, idleMs, log }: AppOptions): Express {
  const app = express();
  const common = { brownout, question: questionOf, service: 'AI assistant', timeoutMs, stream: { idleMs } };
  const context = (req: Request) => retrieve(questionOf(req));
  const later = queueForLater({
    data: (req: Request) => ({ question: questionOf(req) }),
    run: ({ question }, { signal }) => main.whole(question, signal),
    scope: () => 'everyone', // in earnest, who is logged in
  });
  const register = new Registry();
  exportMetrics(brownout, { register });
  app.get('/metrics', async (_req, res) => {
    res.type(register.contentType).send(await register.metrics());
  });
  app.use(dashboard);
  app.use(express.json(), jobs(later));

  app.post(
    '/ask',
    requireQuestion,
    guarded((req, res) => answer(req, res, main), llmRoute({ ...common, circuit: 'openai', context })),
  );
  app.post(
    '/ask/any',
    requireQuestion,
    guarded(
      (req, res) => answer(req, res, through(req.brownout, providers)),
      llmRoute({ ...common, circuit: 'any', context }),
    ),
  );
  app.post(
    '/ask/later',
    requireQuestion,
    guarded((req, res) => answer(req, res, main), llmRoute({ ...common, circuit: 'openai', later })),
  );

  app.use((error: Error & { status?: number }, _req: Request, res: Response, _next: NextFunction) => {
    log(error);
    if (res.headersSent) return; // a stream that broke off: the breaker has ended it
    res.status(error.status ?? 500).json({ error: error.message });
  });
  return app;
}

const questionOf = (req: Request): string => req.body.question;

/** As JSON, or token by token, as the client prefers. */
async function answer(req: Request, res: Response, { whole, stream }: Asker): Promise<void> {
  const { signal } = req.brownout;
  if (req.accepts(['application/json', 'text/event-stream']) !== 'text/event-stream') {
    res.json(await whole(questionOf(req), signal));
    return;
  }
  const begun = await stream(questionOf(req), signal);
  res.type('text/event-stream');
  for await (const event of answerEvents(begun)) res.write(event);
  res.end();
}

function requireQuestion(req: Request, res: Response, next: NextFunction): void {
  const fault = questionFault(req.body);
  if (fault === undefined) next();
  else res.status(400).json({ error: fault });
}
