import type { Brownout, Call, Failover, RouteHandle } from '@brownout/express';
import { failover } from '@brownout/express';
import type { Answer, AnswerStream, Asker, Assistant } from './assistant.ts';

interface Asked {
  readonly question: string;
  /** Aborts when nobody waits any more: a stream outlives the call that began it. */
  readonly waiting: AbortSignal;
}

/** Several assistants, asked in turn until one answers. */
export interface Providers {
  readonly whole: Failover<Asked, Answer>;
  readonly stream: Failover<Asked, AnswerStream>;
}

/** Each has a circuit of its own. That of the first is the one of the routes which ask it alone. */
export function createProviders(brownout: Brownout, [main, backup]: readonly [Assistant, Assistant]): Providers {
  const inTurn = <T>(ask: (one: Assistant) => (asked: Asked, call: Call) => Promise<T>) =>
    failover(
      [
        { name: main.provider, circuit: 'openai', run: ask(main) },
        { name: backup.provider, run: ask(backup) },
      ],
      { brownout },
    );
  return {
    whole: inTurn(
      (one) =>
        ({ question }, { signal }) =>
          one.whole(question, signal),
    ),
    stream: inTurn(
      (one) =>
        ({ question, waiting }, { signal }) =>
          one.stream(question, AbortSignal.any([waiting, signal])),
    ),
  };
}

/** The providers as a route asks them: in the time that it has left. */
export function through(route: Pick<RouteHandle, 'run'>, { whole, stream }: Providers): Asker {
  return {
    whole: async (question, waiting) => (await route.run(whole, { question, waiting })).value,
    stream: async (question, waiting) => (await route.run(stream, { question, waiting })).value,
  };
}
