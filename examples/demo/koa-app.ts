import { breaker, cachedAnswer, contextExcerpts, unavailable } from '@brownout/koa';
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import Koa from 'koa';
import type { AppOptions } from './app-options.ts';
import { retrieve } from './retrieve.ts';

export function koaApp({ brownout, assistant, tuning, log }: AppOptions): Koa {
  const app = new Koa();
  app.on('error', log);
  app.use(bodyParser());

  const router = new Router();
  router.post(
    '/ask',
    requireQuestion,
    breaker({
      brownout,
      circuit: 'openai',
      ...tuning,
      fallback: [
        cachedAnswer({ key: questionOf }),
        contextExcerpts({ question: questionOf, context: (ctx) => retrieve(questionOf(ctx)) }),
        unavailable({ service: 'AI assistant' }),
      ],
    }),
    async (ctx) => {
      ctx.body = await assistant(questionOf(ctx), ctx.brownout.signal);
    },
  );
  app.use(router.routes());
  return app;
}

/** Its type is ours to say: a body parser's `body` is `unknown`. */
const questionOf = (ctx: Context) => (ctx.request.body as { question: string }).question;

const requireQuestion: Middleware = async (ctx, next) => {
  const body = ctx.request.body as { question?: unknown } | undefined;
  if (typeof body?.question === 'string' && body.question.trim()) return next();
  ctx.status = 400;
  ctx.body = { error: 'Send JSON with a `question`.' };
};
