import { styleText } from 'node:util';
import { questions } from './questions.ts';
import type { HostName } from './start.ts';
import type { Urls } from './tour-host.ts';
import { TourHost } from './tour-host.ts';

/** Walks each host through an outage over HTTP. Resolves to whether every answer was what it had to be. */
export async function runTour(urls: Urls, hosts: readonly HostName[]): Promise<boolean> {
  let seen = 0;
  let wrong = 0;
  for (const name of hosts) {
    console.log(`\n${styleText(['bold', 'inverse'], ` ${name === 'express' ? 'Express' : 'Koa'} `)} ${urls[name]}`);
    const host = new TourHost(name, urls);
    await tourOf(host);
    console.log();
    seen += host.seen;
    wrong += host.wrong;
  }
  console.log(
    wrong === 0
      ? styleText('green', `All ${seen} answers were what they had to be.`)
      : styleText('red', `${wrong} of ${seen} answers were not what they had to be.`),
  );
  return wrong === 0;
}

const { known, onTopic, offTopic, another } = questions;
const streamed = { streamed: true };
const any = { path: '/ask/any' };
const later = { path: '/ask/later' };

async function tourOf(host: TourHost): Promise<void> {
  host.chapter('The model is well: it answers, whole or token by token');
  await host.ask(known, { status: 200, level: 'fresh', provider: 'main', circuit: 'closed' });
  await host.ask(known, { status: 200, level: 'fresh', provider: 'main', circuit: 'closed' }, streamed);

  host.chapter('Without a question there is nothing to ask');
  await host.ask('', { status: 400, level: 'error', says: 'question', circuit: 'closed' });

  host.chapter('It freezes after ten words. The stream ends with an event that says so');
  await host.turn('main', 'stall');
  await host.ask(another.question, { status: 200, level: 'cut', reason: 'timeout', circuit: 'closed' }, streamed);

  host.chapter('Asked again: what was answered before streams back, and what never was has its excerpts');
  await host.ask(known, { status: 200, level: 'l1_cache', reason: 'timeout', circuit: 'closed' }, streamed);
  await host.ask(
    another.question,
    { status: 200, level: 'excerpts', reason: 'timeout', says: another.says, circuit: 'closed' },
    streamed,
  );

  host.chapter('It answers with errors. At the fifth failure in a row the circuit opens');
  await host.turn('main', '500');
  await host.ask(known, { status: 200, level: 'l1_cache', reason: 'failure', circuit: 'closed' });
  await host.ask(offTopic, { status: 503, level: 'unavailable', reason: 'failure', circuit: 'open' });

  host.chapter('The circuit is open: nothing is sent to the model, and nobody waits');
  await host.ask(known, { status: 200, level: 'l1_cache', reason: 'circuit_open', circuit: 'open' }, streamed);
  await host.ask(onTopic, { status: 200, level: 'excerpts', reason: 'circuit_open', circuit: 'open' });
  await host.ask(offTopic, { status: 503, level: 'unavailable', reason: 'circuit_open', circuit: 'open' });

  host.chapter('With a backup: it answers in place of the first, and says so');
  await host.ask(onTopic, { status: 200, level: 'fresh', provider: 'backup', circuit: 'open' }, any);
  await host.ask(
    another.question,
    { status: 200, level: 'fresh', provider: 'backup', circuit: 'open' },
    { ...any, ...streamed },
  );

  host.chapter('The backup breaks as well: its own last answer, from the cache');
  await host.turn('backup', 'refuse');
  await host.ask(
    onTopic,
    { status: 200, level: 'l1_cache', reason: 'failure', provider: 'backup', named: 'any', circuit: 'open' },
    any,
  );
  await host.turn('backup', 'ok');

  host.chapter('For later: 202, and where to ask for the answer');
  const job = await host.ask(
    another.question,
    { status: 202, level: 'queued', reason: 'circuit_open', circuit: 'open' },
    later,
  );

  host.chapter('The model mends; when the open time is over, the next question is the probe');
  await host.turn('main', 'ok');
  await host.untilHalfOpen();
  // After a second without a probe the job would be one, too.
  await host.ask(onTopic, { status: 200, level: 'fresh', provider: 'main', circuit: ['half_open', 'closed'] });

  host.chapter('A second success closes the circuit, and the job is done');
  await host.ask(known, { status: 200, level: 'fresh', provider: 'main', circuit: 'closed' });
  await host.job(job, another.says);
}
