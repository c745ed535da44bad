// OPENAI_API_KEY=… node --conditions=source stream-express.ts
// curl -N http://127.0.0.1:3000/ask -H 'Content-Type: application/json' -d '{"question":"When is the office open?"}'
// README.md shows what comes when the model is killed in the middle of an answer.
import { cachedAnswer, guarded, unavailable } from '@brownout/express';
import { classifyOpenAIError, primedStream } from '@brownout/openai';
import express from 'express';
import OpenAI from 'openai';

const openai = new OpenAI({ maxRetries: 0 });
const model = process.env.OPENAI_MODEL ?? 'gpt-4o-mini';
const handbook = `# Handbook

## Opening hours
The office is open from 9 to 17, Monday to Friday. On public holidays the office is closed.

## Returns
Returns are free for 30 days. The label for returns is in the parcel.`;

const app = express();
app.use(express.json());

app.post(
  '/ask',
  // `guarded` and not `breaker`: on Express that sees the status of an error alone, and not which error it was.
  guarded(
    async (req, res) => {
      const messages = [
        { role: 'system' as const, content: `Answer from this handbook alone.\n\n${handbook}` },
        { role: 'user' as const, content: req.body.question },
      ];
      // Nothing is written before there is a token: a model that is down degrades whole, with its own status.
      const stream = await primedStream(
        ({ signal }) => openai.chat.completions.create({ model, messages, stream: true }, { signal }),
        { signal: req.brownout.signal },
      );
      res.type('text/event-stream').set('Cache-Control', 'no-cache');
      for await (const { choices } of stream) {
        const token = choices[0]?.delta.content;
        if (token) res.write(`data: ${JSON.stringify({ token })}\n\n`);
      }
      res.end('data: [DONE]\n\n');
    },
    {
      circuit: 'openai',
      timeoutMs: 20_000, // to the first byte
      stream: { idleMs: Number(process.env.IDLE_MS ?? 5_000) }, // silence after it
      failureThreshold: 3,
      classify: classifyOpenAIError,
      fallback: [cachedAnswer({ key: (req) => req.body.question }), unavailable({ service: 'AI assistant' })],
    },
  ),
);

const port = Number(process.env.PORT ?? 3000);
app.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/ask`));
