import { Readable } from 'node:stream';
import { breaker, jobs, llmRoute, queueForLater } from '@brownout/koa';
import { exportMetrics } from '@brownout/prometheus';
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import Koa from 'koa';
import { Registry } from 'prom-client';
import { answerEvents } from './answer-events.ts';
import type { AppOptions } from './app-options.ts';
import type { Asker } from './assistant.ts';
import { through } from './providers.ts';
import { questionFault } from './question.ts';
import { retrieve } from './retrieve.ts';

export function koaApp({ brownout, dashboard, main, providers, timeoutMs, idleMs, log }: AppOptions): Koa {
  const app = new Koa();
  const router = new Router();
  const common = { brownout, question: questionOf, service: 'AI assistant', timeoutMs, stream: { idleMs } };
  const context = (ctx: Context) => retrieve(questionOf(ctx));
  const later = queueForLater({
    data: (ctx: Context) => ({ question: questionOf(ctx) }),
    run: ({ question }, { signal }) => main.whole(question, signal),
    scope: () => 'everyone', // in earnest, who is logged in
  });
  app.on('error', log);
  app.use(dashboard);
  app.use(errorsAsJson);
  app.use(bodyParser({ jsonLimit: '100kb' }));
  app.use(jobs(later));

  const register = new Registry();
  exportMetrics(brownout, { register });
  router.get('/metrics', async (ctx) => {
    ctx.type = register.contentType;
    ctx.body = await register.metrics();
  });

  router.post('/ask', requireQuestion, breaker(llmRoute({ ...common, circuit: 'openai', context })), (ctx) =>
    answer(ctx, main),
  );
  router.post('/ask/any', requireQuestion, breaker(llmRoute({ ...common, circuit: 'any', context })), (ctx) =>
    answer(ctx, through(ctx.brownout, providers)),
  );
  router.post('/ask/later', requireQuestion, breaker(llmRoute({ ...common, circuit: 'openai', later })), (ctx) =>
    answer(ctx, main),
  );
  app.use(router.routes());
  return app;
}

/** Its type is ours to say: a body parser's `body` is `unknown`. */
const questionOf = (ctx: Context) => (ctx.request.body as { question: string }).question;

/** As JSON, or token by token, as the client prefers. */
async function answer(ctx: Context, { whole, stream }: Asker): Promise<void> {
  const { signal } = ctx.brownout;
  if (ctx.accepts('application/json', 'text/event-stream') !== 'text/event-stream') {
    ctx.body = await whole(questionOf(ctx), signal);
    return;
  }
  const begun = await stream(questionOf(ctx), signal);
  ctx.type = 'text/event-stream';
  ctx.body = Readable.from(answerEvents(begun));
}

const requireQuestion: Middleware = async (ctx, next) => {
  const fault = questionFault(ctx.request.body);
  if (fault === undefined) return next();
  ctx.status = 400;
  ctx.body = { error: fault };
};

/** What is refused before the route, such as a body that is too large, in the form of its other answers. */
const errorsAsJson: Middleware = async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    const { status = 500, message } = error as Error & { status?: number };
    ctx.status = status;
    ctx.body = { error: message };
    ctx.app.emit('error', error as Error, ctx);
  }
};
