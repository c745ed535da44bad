import { fork } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { hosts } from '../contract/hosts.ts';
import type { Measure } from './server.ts';
import { Client, chance, type Tally } from './traffic.ts';

/** How much more may be on the heap than before: what V8 itself keeps varies by less. */
const slackBytes = 4 * 2 ** 20;

interface Row {
  readonly host: string;
  readonly tally: Tally;
  readonly seconds: number;
  readonly before: Measure;
  readonly after: Measure;
  readonly breaches: readonly string[];
}

type Load = (port: number, tally: Tally) => Promise<void>;

/** Starts a server in a process of its own, loads it once to warm it and once more, and compares what it holds. */
async function soak(host: string, kind: 'mixed' | 'timeouts', warm: Load, load: Load): Promise<Row> {
  const child = fork(new URL('./server.ts', import.meta.url), [host, kind], {
    execArgv: ['--conditions=source', '--expose-gc'],
  });
  const told = async <T>() => (await once(child, 'message'))[0] as T;
  const { port } = await told<{ port: number }>();
  const measure = async () => {
    child.send('measure');
    return told<Measure>();
  };
  const tally: Tally = { sent: 0, answered: 0, abandoned: 0, breaches: [] };
  const startedAt = performance.now();
  await warm(port, tally);
  const before = await measure();
  await load(port, tally);
  const after = await measure();
  child.disconnect();
  const seconds = (performance.now() - startedAt) / 1_000;
  return { host, tally, seconds, before, after, breaches: breachesOf(tally, before, after) };
}

function breachesOf(tally: Tally, before: Measure, after: Measure): readonly string[] {
  const { sent, answered, abandoned } = tally;
  const breaches = [...tally.breaches, ...after.troubles];
  const expect = (isSo: boolean, what: string) => isSo || breaches.push(what);
  expect(answered + abandoned === sent, `${sent} sent, ${answered} answered, ${abandoned} abandoned`);
  expect(after.counted === after.reached, `${after.reached} reached the breaker, ${after.counted} are counted`);
  expect(after.inFlight === 0, `${after.inFlight} still in flight`);
  expect(after.openSources === 0, `${after.openSources} sources still open`);
  expect(after.handles <= before.handles, `${before.handles} handles before, ${after.handles} after`);
  const grown = after.heapBytes - before.heapBytes;
  expect(grown <= slackBytes, `the heap has grown by ${Math.round(grown / 1_024)} KiB`);
  return breaches;
}

const clients = (port: number, tally: Tally, count: number, seed: number) =>
  Array.from({ length: count }, (_, at) => new Client(port, chance(seed + at), tally));

/** Mixed traffic at full speed. */
export function mixed(host: string, seconds: number, seed: number): Promise<Row> {
  const load =
    (share: number): Load =>
    async (port, tally) => {
      const endsAt = performance.now() + share * seconds * 1_000;
      const isOver = () => performance.now() >= endsAt;
      await Promise.all(clients(port, tally, 48, seed).map((client) => client.mixed(isOver)));
    };
  return soak(host, 'mixed', load(1 / 3), load(2 / 3));
}

/** So many requests whose handlers never answer, or late. */
export function timeouts(host: string, count: number, seed: number): Promise<Row> {
  const load =
    (share: number): Load =>
    async (port, tally) => {
      const most = tally.sent + share * count;
      const isOver = () => tally.sent >= most;
      await Promise.all(clients(port, tally, 64, seed).map((client) => client.timeouts(isOver, 8)));
    };
  return soak(host, 'timeouts', load(1 / 5), load(4 / 5));
}

function print(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`);
  console.table(
    Object.fromEntries(
      rows.map(({ host, tally, seconds, before, after, breaches }) => [
        host,
        {
          sent: tally.sent,
          answered: tally.answered,
          abandoned: tally.abandoned,
          'per second': Math.round(tally.sent / seconds),
          reached: after.reached,
          ...after.calls,
          'heap, MiB': `${mebibytes(before.heapBytes)} → ${mebibytes(after.heapBytes)}`,
          handles: `${before.handles} → ${after.handles}`,
          breaches: breaches.length,
        },
      ]),
    ),
  );
  for (const { host, breaches } of rows) for (const breach of breaches) console.error(`${host}: ${breach}`);
  if (rows.some(({ breaches }) => breaches.length > 0)) process.exitCode = 1;
}

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);

/** `node soak/main.ts [seconds] [timeouts] [seed]` */
if (import.meta.main) {
  const [seconds = 30, count = 100_000, seed = Math.floor(Math.random() * 1e6)] = process.argv.slice(2).map(Number);
  console.log(`seed ${seed}`);
  const names = hosts.map(({ name }) => name);
  const rows: Row[] = [];
  for (const name of names) rows.push(await mixed(name, seconds, seed));
  print(`Mixed traffic, ${seconds} s for each host`, rows);
  const late: Row[] = [];
  for (const name of names) late.push(await timeouts(name, count, seed));
  print(`${count} timeouts for each host`, late);
}
