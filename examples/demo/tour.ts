import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { curl } from './curl.ts';
import { questions } from './questions.ts';
import type { HostName } from './start.ts';
import type { Expected, Seen } from './tour-answer.ts';
import { faultsOf, see } from './tour-answer.ts';
import type { UpstreamMode } from './upstream.ts';

type Urls = Readonly<Record<HostName, string>>;

const bold = (text: string) => styleText('bold', text);
const dim = (text: string) => styleText('dim', text);

/** Walks each host through an outage over HTTP. Resolves to whether every answer was what it had to be. */
export async function runTour(urls: Urls, hosts: readonly HostName[]): Promise<boolean> {
  let steps = 0;
  let wrong = 0;
  for (const host of hosts) {
    const faults = await tourOf(host, urls);
    steps += faults.length;
    wrong += faults.filter((count) => count > 0).length;
  }
  console.log(
    wrong === 0
      ? styleText('green', `All ${steps} answers were what they had to be.`)
      : styleText('red', `${wrong} of ${steps} answers were not what they had to be.`),
  );
  return wrong === 0;
}

/** The number of faults of each answer, in order. */
async function tourOf(host: HostName, urls: Urls): Promise<number[]> {
  const faults: number[] = [];
  const { known, onTopic, offTopic } = questions;

  const chapter = (title: string) => console.log(`\n${bold(title)}`);
  const circuit = async () => (await stateOf(urls)).hosts[host].circuit;
  const ask = async (question: string, expected: Expected) => {
    const body = { question };
    console.log(dim(`  $ ${curl(`${urls[host]}/ask`, { body })}`));
    const callsBefore = (await stateOf(urls)).upstream.calls;
    const seen = await see(`${urls[host]}/ask`, body);
    const { upstream, hosts } = await stateOf(urls);
    const after = { ...seen, circuit: hosts[host].circuit.state, upstreamCalls: upstream.calls - callsBefore };
    const found = faultsOf(after, expected);
    faults.push(found.length);
    console.log(rowOf(after, found.length === 0));
    console.log(dim(`    ${seen.text}`));
    for (const fault of found) console.log(styleText('red', `    ${fault}`));
  };
  const turn = async (mode: UpstreamMode) => {
    const url = `${urls.express}/demo/upstream`;
    console.log(dim(`  $ ${curl(url, { method: 'PUT', body: { mode } })}`));
    const response = await fetch(url, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ mode }),
    });
    if (!response.ok) throw new Error(`The upstream could not be turned to ${mode}: ${await response.text()}`);
  };

  console.log(`\n${styleText(['bold', 'inverse'], ` ${host === 'express' ? 'Express' : 'Koa'} `)} ${urls[host]}`);

  chapter('The upstream is well: the model answers');
  await ask(known, { status: 200, level: 'fresh', circuit: 'closed' });

  chapter('It breaks. Five failures in a row, each of them answered all the same');
  await turn('500');
  await ask(known, { status: 200, level: 'l1_cache', reason: 'failure', circuit: 'closed' });
  await ask(onTopic, { status: 200, level: 'excerpts', reason: 'failure', circuit: 'closed' });
  await ask(offTopic, { status: 503, level: 'unavailable', reason: 'failure', circuit: 'closed' });
  await turn('refuse');
  await ask(known, { status: 200, level: 'l1_cache', reason: 'failure', circuit: 'closed' });
  await turn('hang');
  await ask(known, { status: 200, level: 'l1_cache', reason: 'timeout', circuit: 'open' });

  chapter('The circuit is open: nothing is sent to the upstream, and nobody waits');
  await ask(known, { status: 200, level: 'l1_cache', reason: 'circuit_open', circuit: 'open' });
  await ask(onTopic, { status: 200, level: 'excerpts', reason: 'circuit_open', circuit: 'open' });
  await ask(offTopic, { status: 503, level: 'unavailable', reason: 'circuit_open', circuit: 'open' });

  chapter('The upstream mends; when the open time is over, the next question is the probe');
  await turn('ok');
  console.log(dim(`  $ curl ${urls.express}/demo/state`));
  const { retryAfterMs = 0 } = await circuit();
  console.log(dim(`  … ${(retryAfterMs / 1000).toFixed(1)} s until the circuit is half-open`));
  await sleep(retryAfterMs);
  while ((await circuit()).state === 'open') await sleep(20);
  await ask(onTopic, { status: 200, level: 'fresh', circuit: 'half_open' });

  chapter('A second success closes the circuit');
  await ask(known, { status: 200, level: 'fresh', circuit: 'closed' });
  console.log();
  return faults;
}

interface TourState {
  readonly upstream: { readonly calls: number };
  readonly hosts: Record<HostName, { circuit: { state: string; retryAfterMs?: number } }>;
}

async function stateOf(urls: Urls): Promise<TourState> {
  return (await (await fetch(`${urls.express}/demo/state`)).json()) as TourState;
}

const colours: Record<string, 'green' | 'blue' | 'yellow'> = { fresh: 'green', l1_cache: 'blue', excerpts: 'yellow' };

function rowOf({ status, level, reason, age, retryAfter, ms, circuit, upstreamCalls }: Seen, right: boolean): string {
  const cells = [
    right ? styleText('green', '✓') : styleText('red', '✗'),
    styleText(status < 400 ? 'green' : 'yellow', String(status)),
    styleText(['bold', colours[level] ?? 'red'], level.padEnd(11)),
    (reason ?? '').padEnd(12),
    `${ms.toFixed(0)} ms`.padStart(7),
    `  circuit ${circuit.padEnd(9)}`,
    dim(reason === 'circuit_open' && upstreamCalls === 0 ? 'model not asked' : ''),
    age === undefined ? '' : dim(`age ${age} s`),
    retryAfter === undefined ? '' : dim(`retry after ${retryAfter} s`),
  ];
  return `  ${cells.filter(Boolean).join(' ')}`;
}
