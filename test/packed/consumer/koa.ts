import { alternate, breaker, cachedAnswer, contextExcerpts, guarded, unavailable } from '@brownout/koa';
import Koa, { type Context, type Middleware } from 'koa';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_same: Same<A, B>): void {}

const app = new Koa();
app.use(breaker());
app.use(
  breaker({
    circuit: 'openai',
    skip: (ctx) => {
      same<typeof ctx, Context>(true);
      return false;
    },
    fallback: [
      cachedAnswer({ key: (ctx) => ctx.query.question, scope: (ctx) => ctx.get('x-user') }),
      cachedAnswer({ key: (ctx) => same<typeof ctx, Context>(true) }),
      contextExcerpts({
        context: (ctx, { signal }) => {
          same<typeof ctx, Context>(true);
          same<typeof signal, AbortSignal>(true);
          return ['a passage'];
        },
      }),
      alternate((ctx) => {
        same<typeof ctx, Context>(true);
        return { answer: 'another' };
      }),
      unavailable({ service: 'AI assistant' }),
    ],
  }),
);
app.use(async (ctx) => {
  same<typeof ctx.brownout.signal, AbortSignal>(true);
  ctx.body = { answer: 42 };
});
app.use(
  guarded(
    async (ctx) => {
      same<typeof ctx.brownout.signal, AbortSignal>(true);
      ctx.body = {};
    },
    { fallback: [cachedAnswer({ key: (ctx) => same<typeof ctx, Context>(true) })] },
  ),
);

// an application with a state and a context of its own
interface State {
  user: string;
}
interface Own {
  db: { find(id: string): string };
}
const typed = new Koa<State, Own>();
const find: Middleware<State, Own> = async (ctx) => {
  ctx.body = ctx.db.find(ctx.state.user);
};
typed.use(breaker());
typed.use(async (ctx, next) => {
  same<typeof ctx.brownout.signal, AbortSignal>(true);
  same<typeof ctx.db, Own['db']>(true);
  same<typeof ctx.state, State>(true);
  await next();
});
typed.use(guarded(find, { fallback: [cachedAnswer({ scope: (ctx) => same<typeof ctx.state, State>(true) })] }));

// @ts-expect-error an option that does not exist
breaker({ timeoutMS: 20_000 });
// @ts-expect-error an option that does not exist
guarded(find, { timeoutMS: 20_000 });
// @ts-expect-error an option that does not exist
breaker({ fallback: [cachedAnswer({ keys: () => 1 })] });
