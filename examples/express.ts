// OPENAI_API_KEY=… node --conditions=source express.ts
// curl -i http://127.0.0.1:3000/ask -H 'Content-Type: application/json' -d '{"question":"When is the office open?"}'
import { breaker, cachedAnswer, contextExcerpts, unavailable } from '@brownout/express';
import express from 'express';
import OpenAI from 'openai';

const openai = new OpenAI({ maxRetries: 0 });
const notes = [
  'The office is open from 9 to 17, Monday to Friday.',
  'Returns are free for 30 days. The label is in the parcel.',
  'Parcels go out the same day when they are ordered before noon.',
];

const app = express();
app.use(express.json());

app.post(
  '/ask',
  breaker({
    circuit: 'openai',
    timeoutMs: 20_000,
    fallback: [
      cachedAnswer({ key: (req) => req.body.question }),
      contextExcerpts({ question: (req) => req.body.question, context: () => notes }),
      unavailable({ service: 'AI assistant' }),
    ],
  }),
  async (req, res) => {
    const completion = await openai.chat.completions.create(
      {
        model: process.env.OPENAI_MODEL ?? 'gpt-4o-mini',
        messages: [
          { role: 'system', content: `Answer from these notes alone:\n\n${notes.join('\n')}` },
          { role: 'user', content: req.body.question },
        ],
      },
      { signal: req.brownout.signal },
    );
    res.json({ answer: completion.choices[0]?.message.content });
  },
);

const port = Number(process.env.PORT ?? 3000);
app.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/ask`));
