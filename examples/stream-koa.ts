// OPENAI_API_KEY=… node --conditions=source stream-koa.ts
// curl -N http://127.0.0.1:3000/ask -H 'Content-Type: application/json' -d '{"question":"When is the office open?"}'
// README.md shows what comes when the model is killed in the middle of an answer.
import { Readable } from 'node:stream';
import { breaker, cachedAnswer, unavailable } from '@brownout/koa';
import { classifyOpenAIError, primedStream } from '@brownout/openai';
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import type { Context } from 'koa';
import Koa from 'koa';
import OpenAI from 'openai';

const openai = new OpenAI({ maxRetries: 0 });
const model = process.env.OPENAI_MODEL ?? 'gpt-4o-mini';
const handbook = `# Handbook

## Opening hours
The office is open from 9 to 17, Monday to Friday. On public holidays the office is closed.

## Returns
Returns are free for 30 days. The label for returns is in the parcel.`;

const questionOf = (ctx: Context) => (ctx.request.body as { question: string }).question;

async function* events(stream: AsyncIterable<OpenAI.ChatCompletionChunk>) {
  for await (const { choices } of stream) {
    const token = choices[0]?.delta.content;
    if (token) yield `data: ${JSON.stringify({ token })}\n\n`;
  }
  yield 'data: [DONE]\n\n';
}

const app = new Koa();
const router = new Router();
app.use(bodyParser());

router.post(
  '/ask',
  breaker({
    circuit: 'openai',
    timeoutMs: 20_000, // to the first byte
    stream: { idleMs: Number(process.env.IDLE_MS ?? 5_000) }, // silence after it
    failureThreshold: 3,
    classify: classifyOpenAIError,
    fallback: [cachedAnswer({ key: questionOf }), unavailable({ service: 'AI assistant' })],
  }),
  async (ctx) => {
    const messages = [
      { role: 'system' as const, content: `Answer from this handbook alone.\n\n${handbook}` },
      { role: 'user' as const, content: questionOf(ctx) },
    ];
    // Nothing is written before there is a token: a model that is down degrades whole, with its own status.
    const stream = await primedStream(
      ({ signal }) => openai.chat.completions.create({ model, messages, stream: true }, { signal }),
      { signal: ctx.brownout.signal },
    );
    ctx.type = 'text/event-stream';
    ctx.set('Cache-Control', 'no-cache');
    ctx.body = Readable.from(events(stream));
  },
);

app.use(router.routes());
const port = Number(process.env.PORT ?? 3000);
app.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/ask`));
