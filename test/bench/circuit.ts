import { pathToFileURL } from 'node:url';
import { Circuit, createBrownout } from '@brownout/core';
import {
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
  type IPolicy,
  SamplingBreaker,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
// @ts-expect-error It has no types.
import Opossum from 'opossum';

/** What a contestant does in one call. A failing or refused call settles without throwing, as its caller must catch it. */
type Subject = () => unknown;

interface Round {
  /** Calls per measurement. */
  readonly calls: number;
  readonly subjects: Readonly<Record<string, Subject>>;
}

const rounds = 15;
const boom = new Error('boom');
const ok = async () => 1;
const fail = async () => {
  throw new Error('boom');
};
const caught = () => undefined;
const never = { failureThreshold: false, failureRateThreshold: false } as const;

/** Medians in nanoseconds per call of interleaved rounds, the first of which warms up. */
async function medians({ calls, subjects }: Round): Promise<Map<string, number>> {
  const measured = new Map(Object.keys(subjects).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, subject] of Object.entries(subjects)) {
      const begun = performance.now();
      for (let i = 0; i < calls; i++) await subject();
      if (round > 0) measured.get(name)!.push(((performance.now() - begun) * 1e6) / calls);
    }
  }
  return new Map([...measured].map(([name, times]) => [name, median(times)]));
}

/** The same for what is no promise: an `await` would be most of what is measured. */
function synchronousMedian(calls: number, subject: Subject): number {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const begun = performance.now();
    for (let i = 0; i < calls; i++) subject();
    if (round > 0) times.push(((performance.now() - begun) * 1e6) / calls);
  }
  return median(times);
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const cockatiel = (threshold: number): CircuitBreakerPolicy =>
  circuitBreaker(handleAll, { halfOpenAfter: 1e8, breaker: new ConsecutiveBreaker(threshold) });
const sampling = (threshold: number): CircuitBreakerPolicy =>
  circuitBreaker(handleAll, { halfOpenAfter: 1e8, breaker: new SamplingBreaker({ threshold, duration: 60_000 }) });
const opossum = (fn: () => Promise<unknown>, options: object = {}) =>
  new Opossum(fn, {
    timeout: false,
    errorThresholdPercentage: 101,
    volumeThreshold: 1e9,
    rollingPercentilesEnabled: false,
    ...options,
  });
const opossums: Opossum[] = [];

function closedOk(): Round {
  const circuit = new Circuit('ok');
  const [consecutive, samples, foreign] = [cockatiel(5), sampling(0.5), opossum(ok)];
  opossums.push(foreign);
  return {
    calls: 20_000,
    subjects: {
      bare: () => ok(),
      brownout: () => circuit.run(ok),
      'cockatiel, consecutive': () => consecutive.execute(ok),
      'cockatiel, sampling': () => samples.execute(ok),
      'opossum, lean': () => foreign.fire(),
    },
  };
}

function closedFailing(): Round {
  const circuit = new Circuit('failing', never);
  const [consecutive, foreign] = [cockatiel(1e9), opossum(fail)];
  opossums.push(foreign);
  return {
    calls: 3_000,
    subjects: {
      bare: () => fail().catch(caught),
      brownout: () => circuit.run(fail).catch(caught),
      'cockatiel, consecutive': () => consecutive.execute(fail).catch(caught),
      'opossum, lean': () => foreign.fire().catch(caught),
    },
  };
}

async function refusing(): Promise<Round> {
  const circuit = new Circuit('open', { failureThreshold: 1, resetTimeoutMs: 300_000 });
  const consecutive = cockatiel(1);
  const foreign = opossum(async () => Promise.reject(boom), { resetTimeout: 1e8 });
  opossums.push(foreign);
  await circuit.run(() => Promise.reject(boom)).catch(caught);
  await consecutive.execute(() => Promise.reject(boom)).catch(caught);
  foreign.open();
  return {
    calls: 5_000,
    subjects: {
      'brownout, run': () => circuit.run(ok).catch(caught),
      'cockatiel, consecutive': () => consecutive.execute(ok).catch(caught),
      'opossum, lean': () => foreign.fire().catch(caught),
    },
  };
}

function refusedByValue(): number {
  const circuit = new Circuit('open', { failureThreshold: 1, resetTimeoutMs: 300_000 });
  const permit = circuit.admit();
  if (permit.admitted) permit.failure(1);
  return synchronousMedian(100_000, () => circuit.admit());
}

function withDeadline(): Round {
  const circuit = new Circuit('deadline', { timeoutMs: 10_000 });
  const policy: IPolicy = wrap(cockatiel(5), timeout(10_000, TimeoutStrategy.Aggressive));
  const foreign = opossum(ok, { timeout: 10_000 });
  opossums.push(foreign);
  return {
    calls: 5_000,
    subjects: {
      bare: () => ok(),
      brownout: () => circuit.run(ok),
      'brownout, signal read': () => circuit.run(({ signal }) => (signal.aborted ? undefined : ok())),
      'cockatiel + timeout': () => policy.execute(ok),
      'opossum, lean': () => foreign.fire(),
    },
  };
}

/** Bytes of heap for each of many circuits of one set. `use`: called once for each, to fill its window. */
async function bytes(make: () => unknown, use?: (made: never) => unknown): Promise<number> {
  const gc = globalThis.gc;
  if (gc === undefined) return Number.NaN;
  const count = 5_000;
  const kept: unknown[] = new Array(count);
  const heap = () => {
    gc();
    gc();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = heap();
  for (let i = 0; i < count; i++) {
    kept[i] = make();
    await use?.(kept[i] as never);
  }
  const grown = heap() - before;
  return kept.length === count ? Math.round(grown / count) : Number.NaN;
}

function print(title: string, rows: ReadonlyMap<string, number>, bare: string | undefined, ours: string): void {
  const base = bare === undefined ? 0 : rows.get(bare)!;
  const own = rows.get(ours)! - base;
  console.log(`\n${title}`);
  for (const [name, value] of rows) {
    const over = bare === undefined || name === bare ? '' : `  +${(value - base).toFixed(0)}`;
    const ratio = name === bare || name === ours ? '' : `  brownout: ${(own / (value - base)).toFixed(3)} of it`;
    console.log(`  ${name.padEnd(24)}${value.toFixed(0).padStart(8)}${over.padEnd(10)}${ratio}`);
  }
}

/** Prints how a circuit compares to its peers: medians of interleaved rounds in one process. */
export async function circuitBench(): Promise<void> {
  print('closed, ok (ns)', await medians(closedOk()), 'bare', 'brownout');
  print('closed, failing (ns)', await medians(closedFailing()), 'bare', 'brownout');
  const refused = new Map([['brownout, admit', refusedByValue()], ...(await medians(await refusing()))]);
  print('open, refused (ns)', refused, undefined, 'brownout, admit');
  print('with a deadline (ns)', await medians(withDeadline()), 'bare', 'brownout');

  const set = createBrownout();
  let made = 0;
  const foreign = () => {
    const one = opossum(ok);
    opossums.push(one);
    return one;
  };
  const memory = new Map([
    ['brownout, idle', await bytes(() => set.circuit(`idle ${made++}`))],
    ['brownout, with a window', await bytes(() => set.circuit(`used ${made++}`), admitOnce)],
    [
      'brownout, after a run',
      await bytes(
        () => set.circuit(`run ${made++}`),
        (one: Circuit) => one.run(ok),
      ),
    ],
    ['cockatiel, consecutive', await bytes(() => cockatiel(5))],
    ['cockatiel, sampling', await bytes(() => sampling(0.5))],
    ['opossum', await bytes(foreign)],
  ]);
  print('bytes per circuit', memory, undefined, 'brownout, with a window');
  for (const one of opossums) one.shutdown();
}

function admitOnce(circuit: Circuit): void {
  const permit = circuit.admit();
  if (permit.admitted) permit.success(1);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await circuitBench();
