import { breaker, cachedAnswer, contextExcerpts, unavailable } from '@brownout/express';
import type { Express, NextFunction, Request, Response } from 'express';
import express from 'express';
import type { AppOptions } from './app-options.ts';
import { retrieve } from './retrieve.ts';

export function expressApp({ brownout, assistant, tuning, log }: AppOptions): Express {
  const app = express();
  app.use(express.json());

  app.post(
    '/ask',
    requireQuestion,
    breaker({
      brownout,
      circuit: 'openai',
      ...tuning,
      fallback: [
        cachedAnswer({ key: (req) => req.body.question }),
        contextExcerpts({ question: (req) => req.body.question, context: (req) => retrieve(req.body.question) }),
        unavailable({ service: 'AI assistant' }),
      ],
    }),
    async (req, res) => {
      res.json(await assistant(req.body.question, req.brownout.signal));
    },
  );

  app.use((error: Error & { status?: number }, _req: Request, res: Response, _next: NextFunction) => {
    log(error);
    res.status(error.status ?? 500).json({ error: error.message });
  });
  return app;
}

function requireQuestion(req: Request, res: Response, next: NextFunction): void {
  if (typeof req.body?.question === 'string' && req.body.question.trim()) next();
  else res.status(400).json({ error: 'Send JSON with a `question`.' });
}
