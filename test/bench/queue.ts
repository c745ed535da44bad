import { mock } from 'node:test';
import { Circuit, queueForLater, type RequestView, type TierContext } from '@brownout/core';

const jobs = 600;
const capacity = 10;
const serviceMs = 2_000;
const livePerSecond = 1.5;
const stepMs = 50;
const longestMs = 3_600_000;

interface Outcome {
  readonly live: number;
  readonly liveFailed: number;
  readonly tripped: number;
  readonly done: number;
  readonly minutes: number;
}

/** Random numbers that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** An upstream that can do so much at once, and fails what is more. */
function upstream(random: () => number) {
  let busy = 0;
  return async (): Promise<string> => {
    if (busy >= capacity) throw Object.assign(new Error('overloaded'), { status: 503 });
    busy++;
    await new Promise((resolve) => setTimeout(resolve, serviceMs * (0.5 + random())));
    busy--;
    return '1';
  };
}

/** Live traffic after an outage that has left so many jobs behind, in simulated time. */
async function simulate(how: 'no jobs' | 'all at once' | 'paced', seed: number): Promise<Outcome> {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 });
  const random = seeded(seed);
  const clock = { now: () => Date.now(), wall: () => Date.now() };
  const circuit = new Circuit('llm', { clock, random });
  const call = upstream(random);
  let done = 0;
  const later = queueForLater<unknown, number>({
    data: () => 1,
    scope: () => 'everybody',
    maxJobs: jobs,
    maxPerScope: jobs,
    async run() {
      await call();
      done++;
    },
  });
  const atOnce = async (): Promise<void> => {
    for (;;) {
      const isDone = await circuit.run(call).then(
        () => true,
        () => false,
      );
      if (isDone) {
        done++;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, circuit.retryAfterMs ?? 1_000));
    }
  };
  const request = { headers: {} } as RequestView;
  const context = { reason: 'circuit_open', through: circuit, retryAfterMs: undefined } as unknown as TierContext;
  for (let n = 0; n < jobs && how !== 'no jobs'; n++) {
    if (how === 'paced') void later.answer(request, context);
    else void atOnce();
  }
  let live = 0;
  let liveFailed = 0;
  const least = how === 'no jobs' ? 600_000 : 0;
  while (Date.now() < longestMs && (Date.now() < least || (how !== 'no jobs' && done < jobs))) {
    if (random() < (livePerSecond * stepMs) / 1_000) {
      live++;
      circuit.run(call).catch(() => {
        liveFailed++;
      });
    }
    await new Promise(setImmediate);
    mock.timers.tick(stepMs);
  }
  const minutes = Date.now() / 60_000;
  mock.timers.reset();
  const { tripped } = circuit.metrics().transitions;
  return { live, liveFailed, tripped, minutes, done };
}

/** What draining a queue does to live traffic. */
export async function queueBench(): Promise<void> {
  console.log(`\nA queue of ${jobs} jobs beside live traffic (simulated; an upstream that does ${capacity} at once)\n`);
  for (const how of ['no jobs', 'all at once', 'paced'] as const) {
    const runs: Outcome[] = [];
    for (const seed of how === 'all at once' ? [1] : [1, 2, 3, 4, 5]) runs.push(await simulate(how, seed));
    const share = Math.max(...runs.map(({ live, liveFailed }) => liveFailed / live));
    const minutes = Math.max(...runs.map((run) => run.minutes));
    const tripped = Math.max(...runs.map((run) => run.tripped));
    const done = Math.min(...runs.map((run) => run.done));
    console.log(
      `${how.padEnd(12)} live requests failed ${(100 * share).toFixed(1).padStart(5)}%   tripped ${String(tripped).padStart(3)} times   ${done} jobs done in ${minutes.toFixed(1)} min`,
    );
  }
}
