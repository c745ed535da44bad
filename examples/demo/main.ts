import process from 'node:process';
import { parseArgs, styleText } from 'node:util';
import { curl } from './curl.ts';
import { questions } from './questions.ts';
import type { Demo, HostName } from './start.ts';
import { startDemo } from './start.ts';
import { runTour } from './tour.ts';
import { tunings } from './tuning.ts';

const usage = `npm run demo -- [options]

  --tour              walk through an outage in the terminal, and exit 0 if all went as it must
  --host <which>      for the tour: express, koa or both (default: both)
  --port <number>     for the page and the Express application (default: 3000, or the next free one)
  --koa-port <number> for the Koa application (default: 3001, or the next free one)
  --help

OPENAI_API_KEY (with OPENAI_MODEL and OPENAI_BASE_URL, if you like) lets the demo talk to a real model.
The tour uses the embedded upstream always: a real one cannot be broken at will.`;

async function main(): Promise<number> {
  const { tour, hosts, port, koaPort, help } = readArguments();
  if (help) {
    console.log(usage);
    return 0;
  }
  const realModel = process.env.OPENAI_API_KEY && !tour ? (process.env.OPENAI_MODEL ?? 'gpt-4o-mini') : undefined;
  const demo = await startDemo({
    port,
    koaPort,
    realModel,
    tuning: tunings[tour ? 'tour' : realModel ? 'realModel' : 'page'],
    latencyMs: tour ? 60 : 350,
    paceMs: tour ? 5 : 60,
    log: tour ? () => {} : report,
  });
  const interrupted = new Promise<'interrupted'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('interrupted'));
  });
  try {
    if (!tour) {
      greet(demo, realModel);
      await interrupted;
      console.log('\nStopped.');
      return 0;
    }
    console.log(
      `\nUpstream: the embedded one, at ${demo.upstream?.url}, ${process.env.OPENAI_API_KEY ? 'OPENAI_API_KEY or not: ' : ''}a real one cannot be broken at will.`,
    );
    const ended = await Promise.race([runTour(demo.urls, hosts), interrupted]);
    return ended === true ? 0 : 1;
  } finally {
    await demo.stop();
  }
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      tour: { type: 'boolean', default: false },
      host: { type: 'string', default: 'both' },
      port: { type: 'string', default: '3000' },
      'koa-port': { type: 'string', default: '3001' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    ...values,
    hosts: hostsOf(values.host),
    port: portOf('--port', values.port),
    koaPort: portOf('--koa-port', values['koa-port']),
  };
}

function hostsOf(text: string): readonly HostName[] {
  if (text === 'both') return ['express', 'koa'];
  if (text === 'express' || text === 'koa') return [text];
  throw new Error(`--host is express, koa or both, not ${text}`);
}

function portOf(flag: string, text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`${flag} is a port from 0 to 65535, not ${text}`);
  return port;
}

/** One line for each error that the application reports: its client has had a degraded answer, and its log has the cause. */
function report(host: HostName, error: Error): void {
  console.error(
    styleText('dim', `${host.padEnd(8)} ${error.constructor.name}: ${error.message.split('\n')[0]}`, {
      stream: process.stderr,
    }),
  );
}

function greet({ urls, upstream }: Demo, realModel: string | undefined): void {
  const bold = (text: string) => styleText('bold', text);
  const dim = (text: string) => styleText('dim', text);
  const ask = (host: HostName, question: string, path = '/ask', streamed = false) =>
    curl(`${urls[host]}${path}`, { body: { question }, streamed });
  const turn = (body: object) => curl(`${urls.express}/demo/upstream`, { method: 'PUT', body });
  const lines = [
    '',
    `${bold('brownout')}  ${dim('when the model fails, the answers dim; they do not stop')}`,
    '',
    `  Page      ${bold(styleText('underline', `${urls.express}/`))}`,
    `  Express   POST ${urls.express}/ask, /ask/any, /ask/later`,
    `  Koa       POST ${urls.koa}/ask, /ask/any, /ask/later`,
    `  Metrics   ${urls.express}/metrics, ${urls.koa}/metrics`,
    `  Upstream  ${upstream ? `${upstream.url} ${dim('(embedded, speaks the OpenAI wire format)')}` : `the real one, model ${realModel}`}`,
    '',
    'Ask, on either host, for the whole or token by token:',
    `  ${ask('express', questions.known)}`,
    `  ${ask('koa', questions.known, '/ask', true)}`,
    '',
  ];
  if (upstream) {
    lines.push(
      'Freeze the model in the middle of an answer, and ask again:',
      `  ${turn({ mode: 'stall' })}`,
      `  ${ask('express', questions.onTopic, '/ask', true)}`,
      `  ${ask('express', questions.known, '/ask', true)}`,
      '',
      'Break it (500, 429, hang, refuse, slow), ask five times, ask the backup, ask for later, and mend it:',
      `  ${turn({ mode: '500' })}`,
      `  ${ask('express', questions.offTopic)}`,
      `  ${ask('express', questions.onTopic, '/ask/any')}`,
      `  ${ask('express', questions.onTopic, '/ask/later')}`,
      `  ${turn({ mode: 'ok' })}`,
      '',
    );
  }
  lines.push(
    'Watch the circuits, and take control of them:',
    `  ${urls.express}/brownout/  ${urls.koa}/brownout/`,
    '',
    dim('Ctrl-C stops it. `npm run demo -- --tour` walks through an outage by itself.'),
    '',
  );
  console.log(lines.join('\n'));
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
