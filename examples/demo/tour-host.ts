import { setTimeout as sleep } from 'node:timers/promises';
import { curl } from './curl.ts';
import type { HostName, UpstreamName } from './start.ts';
import { events, see } from './tour-answer.ts';
import type { Expected } from './tour-faults.ts';
import { faultsOf } from './tour-faults.ts';
import { jobAt } from './tour-job.ts';
import { bold, dim, jobRow, red, rowOf, shortened } from './tour-row.ts';
import type { UpstreamMode } from './upstream.ts';

export type Urls = Readonly<Record<HostName, string>>;

interface DemoState {
  readonly upstream: { readonly calls: number };
  readonly hosts: Record<HostName, { circuit: { state: string; retryAfterMs?: number } }>;
}

/** One host, as the tour talks to it; counts what it sees, and what of that is wrong. */
export class TourHost {
  readonly #host: HostName;
  readonly #urls: Urls;
  seen = 0;
  wrong = 0;

  constructor(host: HostName, urls: Urls) {
    this.#host = host;
    this.#urls = urls;
  }

  chapter(title: string): void {
    console.log(`\n${bold(title)}`);
  }

  /** @returns where the job is to be asked for, if it became one */
  async ask(question: string, expected: Expected, { path = '/ask', streamed = false } = {}): Promise<string | null> {
    const url = `${this.#urls[this.#host]}${path}`;
    const body = { question };
    const accept = streamed ? events : 'application/json';
    console.log(dim(`  $ ${curl(url, { body, streamed })}`));
    const callsBefore = (await this.#state()).upstream.calls;
    const answered = await see(url, body, accept);
    const { upstream, hosts } = await this.#state();
    const circuit = hosts[this.#host].circuit.state;
    const seen = { ...answered, circuit, upstreamCalls: upstream.calls - callsBefore };
    const faults = faultsOf(seen, expected, streamed);
    console.log(rowOf(seen, faults.length === 0));
    this.#tell(seen.text, faults);
    return seen.location;
  }

  /** Waits until a job is over: done, with these words in its result. */
  async job(location: string | null, says: string): Promise<void> {
    if (location === null) return;
    const url = `${this.#urls[this.#host]}${location}`;
    console.log(dim(`  $ curl ${url}`));
    const { status, answer = '' } = await jobAt(url);
    const isRight = status === 'done' && answer.includes(says);
    console.log(jobRow(status, isRight));
    this.#tell(answer, isRight ? [] : [`expected it to be done, with “${says}” in its result`]);
  }

  async turn(which: UpstreamName, mode: UpstreamMode): Promise<void> {
    const url = `${this.#urls.express}/demo/upstream`;
    const body = { which, mode };
    console.log(dim(`  $ ${curl(url, { method: 'PUT', body })}`));
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`The upstream could not be turned to ${mode}: ${await response.text()}`);
  }

  /** Waits until the circuit lets a probe through. */
  async untilHalfOpen(): Promise<void> {
    const circuit = async () => (await this.#state()).hosts[this.#host].circuit;
    const { retryAfterMs = 0 } = await circuit();
    console.log(dim(`  $ curl ${this.#urls.express}/demo/state`));
    console.log(dim(`  … ${(retryAfterMs / 1000).toFixed(1)} s until the circuit is half-open`));
    await sleep(retryAfterMs);
    while ((await circuit()).state === 'open') await sleep(20);
  }

  #tell(said: string, faults: readonly string[]): void {
    this.seen++;
    if (faults.length > 0) this.wrong++;
    console.log(dim(`    ${shortened(said)}`));
    for (const fault of faults) console.log(red(`    ${fault}`));
  }

  async #state(): Promise<DemoState> {
    return (await (await fetch(`${this.#urls.express}/demo/state`)).json()) as DemoState;
  }
}
