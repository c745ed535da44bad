// OPENAI_API_KEY=… node --conditions=source koa.ts
// curl -i http://127.0.0.1:3000/ask -H 'Content-Type: application/json' -d '{"question":"When is the office open?"}'
import { breaker, cachedAnswer, contextExcerpts, unavailable } from '@brownout/koa';
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import type { Context } from 'koa';
import Koa from 'koa';
import OpenAI from 'openai';

const openai = new OpenAI({ maxRetries: 0 });
const notes = [
  'The office is open from 9 to 17, Monday to Friday.',
  'Returns are free for 30 days. The label is in the parcel.',
  'Parcels go out the same day when they are ordered before noon.',
];

const questionOf = (ctx: Context) => (ctx.request.body as { question: string }).question;

const app = new Koa();
const router = new Router();
app.use(bodyParser());

router.post(
  '/ask',
  breaker({
    circuit: 'openai',
    timeoutMs: 20_000,
    fallback: [
      cachedAnswer({ key: questionOf }),
      contextExcerpts({ question: questionOf, context: () => notes }),
      unavailable({ service: 'AI assistant' }),
    ],
  }),
  async (ctx) => {
    const completion = await openai.chat.completions.create(
      {
        model: process.env.OPENAI_MODEL ?? 'gpt-4o-mini',
        messages: [
          { role: 'system', content: `Answer from these notes alone:\n\n${notes.join('\n')}` },
          { role: 'user', content: questionOf(ctx) },
        ],
      },
      { signal: ctx.brownout.signal },
    );
    ctx.body = { answer: completion.choices[0]?.message.content };
  },
);

app.use(router.routes());
const port = Number(process.env.PORT ?? 3000);
app.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/ask`));
