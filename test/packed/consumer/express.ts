import { alternate, breaker, cachedAnswer, contextExcerpts, guarded, unavailable } from '@brownout/express';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_same: Same<A, B>): void {}

const app = express();
app.use(express.json());
app.use(breaker());
app.use('/api', breaker({ timeoutMs: 20_000 }));

app.post(
  '/ask',
  breaker({
    circuit: 'openai',
    skip: (req) => {
      same<typeof req, Request>(true);
      return false;
    },
    fallback: [
      cachedAnswer({ key: (req) => req.body.question, scope: (req) => req.get('x-user') }),
      cachedAnswer({ key: (req) => same<typeof req, Request>(true) }),
      contextExcerpts({
        question: (req) => req.body.question,
        context: (req, { signal }) => {
          same<typeof req, Request>(true);
          same<typeof signal, AbortSignal>(true);
          return ['a passage'];
        },
      }),
      alternate((req, { signal }) => {
        same<typeof req, Request>(true);
        same<typeof signal, AbortSignal>(true);
        return { answer: 'another' };
      }),
      unavailable({ service: 'AI assistant' }),
    ],
    routes: {
      'GET /search': { fallback: [cachedAnswer({ key: (req) => same<typeof req, Request>(true) })] },
      '/health': false,
    },
  }),
  (req, res) => {
    same<typeof req.brownout.signal, AbortSignal>(true);
    res.json({ answer: req.body.question });
  },
);

// a breaker before a handler leaves the handler the types of its route
app.get('/users/:id', breaker(), (req, res) => {
  same<typeof req.params.id, string>(true);
  same<typeof req.query, Request['query']>(true);
  res.json({ id: req.params.id });
});

type Ask = RequestHandler<{ id: string }, { answer: string }, { question: string }>;
const ask: Ask = (req, res) => {
  res.json({ answer: req.body.question + req.params.id });
};
const plain = async (_req: Request, res: Response, _next: NextFunction) => {
  res.json({});
};
app.post('/typed/:id', breaker({ fallback: [cachedAnswer({ key: (req) => req.body.question })] }), ask);
app.use([breaker(), plain]);
app.route('/route').post(breaker(), plain);
export const handlers: RequestHandler[] = [breaker(), guarded(plain)];

app.post(
  '/guarded/:id',
  guarded(ask, { fallback: [cachedAnswer({ key: (req) => same<typeof req.body, { question: string }>(true) })] }),
);
app.post(
  '/guarded',
  guarded(
    async (req, res) => {
      same<typeof req, Request>(true);
      same<typeof req.brownout.signal, AbortSignal>(true);
      res.json({});
    },
    { timeoutMs: 20_000, fallback: [cachedAnswer({ key: (req) => same<typeof req, Request>(true) })] },
  ),
);

// @ts-expect-error an option that does not exist
breaker({ timeoutMS: 20_000 });
// @ts-expect-error an option that does not exist
guarded(plain, { timeoutMS: 20_000 });
// @ts-expect-error an option that does not exist
breaker({ fallback: [cachedAnswer({ keys: () => 1 })] });
// @ts-expect-error a text where a number belongs
breaker({ timeoutMs: '20s' });
// @ts-expect-error a member that a request does not have
breaker({ fallback: [cachedAnswer({ key: (req) => req.question })] });
