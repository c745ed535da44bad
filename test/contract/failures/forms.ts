import { once } from 'node:events';
import { PassThrough, pipeline, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from '../hosts.ts';
import type { Failing, Style } from './observe.ts';

/** What a form comes to, as `Seen` tells it. */
export interface Outcome {
  readonly client: string;
  readonly counts: 'success' | 'failure' | 'ignored';
  readonly reports: 0 | 1;
  readonly connection: 'kept' | 'closed';
}

/** Where an outcome is another: on a host or a family of hosts, by a way to guard. */
export interface Exception extends Partial<Outcome> {
  readonly host?: string;
  readonly styles?: readonly Style[];
}

export interface Form extends Failing {
  /** Continues "the handler …", in the tables, too. */
  readonly form: string;
  /** Where it is possible. */
  readonly on?: 'Express' | 'Koa' | 'Koa 3';
  readonly gives: Outcome;
  readonly but?: readonly Exception[];
}

/** A breaker that stands before the handler, and not around it. */
const before = ['breaker', 'app-wide'] as const;
const byTier = (reason: string): Outcome => ({
  client: `${reason === 'rate_limited' ? 429 : 503} ${reason}`,
  counts: reason === 'rate_limited' ? 'ignored' : 'failure',
  reports: 0,
  connection: 'kept',
});
const failure = byTier('failure');
const timeout = byTier('timeout');
const seen = { ...failure, reports: 1 } as const;
const asItIs: Outcome = { client: '200', counts: 'success', reports: 0, connection: 'kept' };
const lastWords: Outcome = { ...failure, client: '200, last words failure' };
const broken: Outcome = { ...failure, client: '200, broken', connection: 'closed' };
/** A middleware of Express sees no error that goes past it. */
const unseenBefore: Exception = { host: 'Express', styles: before, reports: 0 };

const hang = () => new Promise<void>(() => {});
const soon = { timeoutMs: 40 };
const down = () => new Error('upstream is down');
const fail = (): never => {
  throw down();
};
const withStatus = (status: number, headers?: object) =>
  Object.assign(new Error(`status ${status}`), { status, expose: status < 500, ...(headers && { headers }) });
const throwing = (error: unknown) => () => {
  throw error;
};

/** The response itself, Koa's left out. */
function raw({ ctx, res }: Call, type?: string) {
  if (ctx !== undefined) ctx.respond = false;
  res.statusCode = 200;
  if (type !== undefined) res.setHeader('Content-Type', type);
  return res;
}

async function deadline({ brownout: { signal } }: Call): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
  await sleep(5);
}

/** A source that gives what there is of it, and dies. */
function dying(first?: string): Readable {
  const source = new PassThrough();
  source.on('error', () => {});
  if (first !== undefined) source.write(first);
  setTimeout(() => source.destroy(down()), 10);
  return source;
}

const beforeTheFirstByte: readonly Form[] = [
  { form: 'throws', handler: fail, gives: seen },
  {
    form: 'rejects',
    handler: () => {
      const rejected = Promise.reject(down());
      rejected.catch(() => {}); // Express 4 leaves it unhandled
      return rejected;
    },
    options: soon,
    gives: seen,
    but: [{ host: 'Express 4', styles: before, client: '503 timeout', reports: 0 }],
  },
  { form: 'calls `next(err)`', on: 'Express', handler: ({ next }) => void next(down()), gives: seen },
  { form: 'calls `ctx.throw(500)`', on: 'Koa', handler: ({ ctx }) => ctx!.throw(500), gives: seen },
  { form: 'throws a string', handler: throwing('upstream is down'), gives: seen },
  {
    form: 'throws `undefined` or `null`',
    handler: throwing(undefined),
    gives: seen,
    but: [{ host: 'Express', styles: before, client: '404', counts: 'ignored', reports: 0 }],
  },
  {
    form: 'throws an error with status 503 and `Retry-After`',
    handler: throwing(withStatus(503, { 'retry-after': '7' })),
    gives: seen,
  },
  { form: 'throws an error with status 408', handler: throwing(withStatus(408)), gives: seen },
  {
    form: 'throws an error with status 429',
    handler: throwing(withStatus(429)),
    gives: { ...byTier('rate_limited'), reports: 1 },
  },
  {
    form: 'throws an error with status 429 and `Retry-After`',
    handler: throwing(withStatus(429, { 'retry-after': '7' })),
    gives: { client: '429', counts: 'ignored', reports: 1, connection: 'kept' },
  },
  {
    form: 'throws an error with another 4xx',
    handler: throwing(withStatus(404)),
    gives: { client: '404', counts: 'ignored', reports: 1, connection: 'kept' },
  },
  {
    form: 'answers 500 by itself',
    handler: (call) => call.send(500, { error: 'down' }, { etag: '"x"' }),
    gives: failure,
  },
  {
    form: 'answers 502 by `writeHead`',
    handler: (call) => void raw(call).writeHead(502, { 'x-own': '1' }).end('down'),
    gives: failure,
  },
  {
    form: 'answers 503 with `Retry-After`',
    handler: (call) => call.send(503, 'down', { 'retry-after': '7' }),
    gives: failure,
  },
  { form: 'answers 408', handler: (call) => call.send(408, 'slow'), gives: failure },
  { form: 'answers 429', handler: (call) => call.send(429, 'slow down'), gives: byTier('rate_limited') },
  {
    form: 'answers 429 with `Retry-After`',
    handler: (call) => call.send(429, 'slow down', { 'retry-after': '7' }),
    gives: { client: '429', counts: 'ignored', reports: 0, connection: 'kept' },
  },
  {
    form: 'answers another 4xx',
    handler: (call) => call.send(422, 'what?'),
    gives: { client: '422', counts: 'ignored', reports: 0, connection: 'kept' },
  },
  {
    form: 'throws, and an error handler of the application answers 5xx',
    on: 'Express',
    handler: fail,
    errorPage: (res) => void res.writeHead(500).end('error page'),
    gives: seen,
  },
  {
    form: 'throws, and an error handler of the application answers 404',
    on: 'Express',
    handler: fail,
    errorPage: (res) => void res.writeHead(404).end('error page'),
    gives: seen,
    but: [{ host: 'Express', styles: before, client: '404', counts: 'ignored' }],
  },
  {
    form: 'throws, and a middleware between it and the breaker catches that and answers 500',
    on: 'Koa',
    handler: (call) => {
      try {
        fail();
      } catch {
        call.send(500, 'error page');
      }
    },
    gives: failure,
  },
  { form: "calls `degrade('failure')`", handler: ({ brownout }) => brownout.degrade('failure'), gives: failure },
  { form: 'gives nothing by the deadline', handler: hang, hangs: true, options: soon, gives: timeout },
  {
    form: 'makes a head by `writeHead`, and throws',
    handler: (call) => {
      raw(call).writeHead(200, { 'x-own': '1' });
      fail();
    },
    gives: seen,
  },
  {
    form: 'makes a head by `writeHead`, and nothing more by the deadline',
    handler: (call) => {
      raw(call).writeHead(200, { 'x-own': '1' });
      return hang();
    },
    hangs: true,
    options: soon,
    gives: timeout,
  },
  {
    form: 'destroys the response, with an error',
    handler: (call) => void raw(call).destroy(down()),
    gives: seen,
    but: [unseenBefore],
  },
  {
    form: 'destroys the socket',
    handler: ({ req }) => void req.socket.destroy(),
    gives: { ...failure, client: 'nothing', connection: 'closed' },
  },
  {
    form: 'pipes from a source that dies',
    handler: (call) => void dying().pipe(raw(call)),
    gives: seen,
    but: [unseenBefore],
  },
  {
    form: 'answers by a `pipeline` whose source dies',
    handler: (call) => void pipeline(dying(), raw(call), () => {}),
    gives: seen,
    but: [unseenBefore],
  },
  {
    form: 'has a `ctx.body` that is a stream, and dies',
    on: 'Koa',
    handler: ({ ctx }) => {
      ctx!.body = dying();
    },
    gives: seen,
  },
  {
    form: 'has a web stream as `ctx.body`, and errors',
    on: 'Koa 3',
    handler: ({ ctx }) => {
      ctx!.body = new ReadableStream({ pull: (controller) => controller.error(down()) });
    },
    gives: seen,
  },
];

const late = (act: (call: Call) => unknown) => ({
  handler: async (call: Call) => {
    await deadline(call);
    await act(call);
  },
  options: soon,
});

const afterTheDeadline: readonly Form[] = [
  { form: 'answers late', ...late((call) => call.send(200, { late: true }, { 'x-late': '1' })), gives: timeout },
  {
    form: 'writes late: head, body and end',
    ...late(({ res }) => {
      res.writeHead(200, { 'x-late': '1' });
      res.write('late');
      res.end('late');
    }),
    gives: timeout,
  },
  { form: 'pipes late', ...late(({ res }) => void Readable.from(['late']).pipe(res)), gives: timeout },
  {
    form: 'begins a `pipeline` late',
    ...late(({ res }) => void pipeline(Readable.from(['late']), res, () => {})),
    gives: timeout,
  },
  {
    form: 'throws late',
    ...late(fail),
    gives: { ...timeout, reports: 1 },
    but: [{ host: 'Express 4', styles: before, reports: 0 }],
  },
  {
    form: 'calls `next(err)` late',
    on: 'Express',
    ...late(({ next }) => void next(down())),
    gives: { ...timeout, reports: 1 },
  },
  {
    form: 'destroys response and socket late',
    ...late(({ req, res }) => {
      res.destroy();
      req.socket.destroy();
    }),
    gives: timeout,
  },
];

const afterTheFirstByte: readonly Form[] = [
  {
    form: 'flushes its headers, and throws',
    handler: (call) => {
      raw(call).flushHeaders();
      fail();
    },
    gives: { ...broken, reports: 1 },
  },
  {
    form: 'flushes its headers, and is silent for `stream.idleMs`',
    handler: (call) => {
      raw(call).flushHeaders();
      return hang();
    },
    hangs: true,
    options: { stream: { idleMs: 30 } },
    gives: { ...broken, reports: 1 },
  },
];

/** Each of them in two formats: with a place for last words, and without. */
function whileFlowing(format: string, type: string, ends: Outcome): readonly Form[] {
  const flows = (act: (call: Call) => unknown) => async (call: Call) => {
    raw(call, type).write('data: one\n\n');
    await sleep(5);
    await act(call);
  };
  const orLost: Exception = {
    host: 'Express 4',
    styles: before,
    client: ends.client.replace('failure', 'timeout'),
    reports: 1,
  };
  return [
    {
      form: `throws in the middle of ${format}`,
      handler: flows(fail),
      options: { stream: { idleMs: 1_000 } },
      gives: { ...ends, reports: 1 },
      but: [orLost],
    },
    {
      form: `calls \`next(err)\` in the middle of ${format}`,
      on: 'Express',
      handler: flows(({ next }) => void next(down())),
      gives: { ...ends, reports: 1 },
    },
    {
      form: `destroys the response in the middle of ${format}, with an error`,
      handler: flows(({ res }) => void res.destroy(down())),
      gives: { ...ends, reports: 1 },
      but: [unseenBefore],
    },
    {
      form: `destroys \`req.socket\` in the middle of ${format}`,
      handler: flows(({ req }) => void req.socket.destroy()),
      gives: ends,
      but:
        ends === lastWords
          ? [
              { host: 'Koa', reports: 1 },
              { host: 'Express', styles: ['guarded'], reports: 1 },
            ]
          : [],
    },
    {
      form: `destroys \`res.socket\` in the middle of ${format}`,
      handler: flows(({ res }) => void res.socket!.destroy()),
      gives: broken,
    },
    {
      form: `pipes ${format} from a source that dies`,
      handler: (call) => void dying('data: one\n\n').pipe(raw(call, type)),
      gives: { ...ends, reports: 1 },
      but: [unseenBefore],
    },
    {
      form: `answers with ${format} by a \`pipeline\` whose source dies`,
      handler: (call) => void pipeline(dying('data: one\n\n'), raw(call, type), () => {}),
      gives: { ...ends, reports: 1 },
      but: [unseenBefore],
    },
    {
      form: `has a \`ctx.body\` that gives ${format}, and dies`,
      on: 'Koa',
      handler: ({ ctx }) => {
        ctx!.type = type;
        ctx!.body = dying('data: one\n\n');
      },
      gives: { ...ends, reports: 1 },
    },
    {
      form: `has a web stream as \`ctx.body\` that gives ${format}, and errors`,
      on: 'Koa 3',
      handler: ({ ctx }) => {
        let at = 0;
        ctx!.type = type;
        ctx!.body = new ReadableStream({
          async pull(controller) {
            if (at++ === 0) controller.enqueue(Buffer.from('data: one\n\n'));
            else await sleep(10).then(() => controller.error(down()));
          },
        });
      },
      gives: { ...ends, reports: 1 },
    },
    {
      form: `is silent in the middle of ${format} for \`stream.idleMs\``,
      handler: flows(hang),
      hangs: true,
      options: { stream: { idleMs: 40 } },
      gives: { ...ends, client: ends.client.replace('failure', 'timeout'), reports: 1 },
    },
    {
      form: `has not ended ${format} after \`stream.totalMs\``,
      handler: flows(hang),
      hangs: true,
      options: { stream: { totalMs: 40 } },
      gives: { ...ends, client: ends.client.replace('failure', 'timeout'), reports: 1 },
    },
    {
      form: `calls \`degrade('overloaded')\` in the middle of ${format}`,
      handler: flows(({ brownout }) => brownout.degrade('overloaded')),
      gives: { ...ends, client: ends.client.replace('failure', 'overloaded'), counts: 'ignored' },
    },
  ];
}

const atTheEnd: readonly Form[] = [
  {
    form: 'ends before its `Content-Length` is reached',
    handler: async (call) => {
      raw(call).writeHead(200, { 'Content-Length': 10 }).write('abc');
      await sleep(5);
      call.res.end();
    },
    gives: { ...broken, reports: 1 },
    but: [unseenBefore],
  },
  {
    form: 'answers twice',
    handler: (call) => {
      raw(call).end('one');
      call.res.writeHead(200).end('two');
    },
    gives: { ...asItIs, reports: 1 },
    but: [{ host: 'Express', connection: 'closed' }],
  },
  {
    form: 'is silent after its first byte, and has no limit',
    handler: (call) => {
      raw(call).write('one');
      return hang();
    },
    hangs: true,
    leaves: true,
    gives: { client: 'left', counts: 'ignored', reports: 0, connection: 'closed' },
  },
];

/** Every form of failure, and what it comes to: the tables in the adapters' READMEs are these. */
export const forms: readonly Form[] = [
  ...beforeTheFirstByte,
  ...afterTheDeadline,
  ...afterTheFirstByte,
  ...whileFlowing('a stream of events', 'text/event-stream', lastWords),
  ...whileFlowing('any other body', 'text/plain', broken),
  ...atTheEnd,
];

/** What a form comes to there. */
export function outcomeOf({ gives, but = [] }: Form, host: string, style: Style): Outcome {
  const { client, counts, reports, connection } = gives;
  const outcome = { client, counts, reports, connection };
  for (const { host: where = '', styles: ways, ...differs } of but) {
    if (host.startsWith(where) && (ways === undefined || ways.includes(style))) Object.assign(outcome, differs);
  }
  return outcome;
}

export function isPossible({ on }: Form, host: string): boolean {
  return on === undefined || host.startsWith(on);
}
