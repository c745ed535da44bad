import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { createBrownout, type LogOptions, type LogTarget, logTo } from '@brownout/core';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import winston from 'winston';

type Record = Readonly<globalThis.Record<string, unknown>>;

/** A stream, and the lines that were written to it. */
function sink() {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const lines = () => text.split('\n').slice(0, -1);
  return { stream, lines, json: () => lines().map((line) => JSON.parse(line) as Record) };
}

const clock = { now: () => 0, wall: () => 0 };
const secret = 'tell me of my illness';

/** An error as an SDK throws it: with the request on it, and the prompt at the end of a message of several lines. */
function upstreamError(): Error {
  const message = `400 first\n    at evil (prompt.js:1:1)\n${'x'.repeat(200)} ${secret}`;
  const more = { code: 'invalid_prompt', status: 400, request: { body: secret }, headers: { authorization: secret } };
  return Object.assign(new TypeError(message, { cause: new Error(secret) }), more);
}

/** One of each kind. */
function happen(logger: LogTarget, options?: LogOptions): void {
  const brownout = createBrownout({ clock });
  const stop = logTo(logger, { brownout, ...options });
  const circuit = brownout.circuit('100%d %s\n\u001b[31m');
  circuit.forceOpen('50%d off\r\nlevel=error');
  const { name } = circuit;
  const degraded = {
    circuit: name,
    at: 0,
    reason: 'forced_open',
    level: 'l1_cache',
    status: 200,
    durationMs: 1,
  } as const;
  for (let n = 0; n < 3; n++) brownout.events.emit('degraded', { ...degraded, ageMs: 60_000 });
  brownout.events.emit('alert', { circuit: name, at: 0, problem: 'unauthorized', error: upstreamError() });
  stop();
}

const circuit = '100%d %s [31m';
const told = '400 first     at evil (prompt.js:1:1) ';
const messages = [
  `brownout: circuit \`${circuit}\` went from enforce to forced_open: 50%d off level=error`,
  `brownout: circuit \`${circuit}\` degraded (forced_open): l1_cache answered 200, 60 s old`,
  expect.stringMatching(
    /^brownout: circuit `.*` needs somebody to act \(unauthorized\): TypeError invalid_prompt: 400 first {5}at evil .*…$/,
  ),
  `brownout: circuit \`${circuit}\` degraded (forced_open): l1_cache answered 200, 60 s old (2 times)`,
];
const degradedFacts = {
  event: 'degraded',
  circuit,
  reason: 'forced_open',
  level: 'l1_cache',
  status: 200,
  durationMs: 1,
  ageMs: 60_000,
};
const facts = [
  { event: 'mode_changed', circuit, from: 'enforce', to: 'forced_open', why: '50%d off level=error' },
  degradedFacts,
  { event: 'alert', circuit, problem: 'unauthorized' },
  { ...degradedFacts, times: 2 },
];

describe('logTo, with the real', () => {
  it.each<[string, (logger: pino.Logger) => pino.Logger]>([
    ['pino', (logger) => logger],
    ["pino's child", (logger) => logger.child({ module: 'shop' })],
  ])('%s, logs an object and a message', (_, made) => {
    const { stream, lines, json } = sink();
    happen(made(pino({}, stream)));
    expect(json().map(({ level }) => level)).toEqual([40, 30, 50, 30]);
    expect(json().map(({ msg }) => msg)).toEqual(messages);
    expect(json().map(({ brownout }) => brownout)).toEqual(facts);
    const { stack, ...err } = json()[2]!['err'] as Record;
    const message = expect.stringMatching(/^400 first {5}at evil \(prompt\.js:1:1\) x+…$/);
    expect(err).toEqual({ type: 'TypeError', name: 'TypeError', message, code: 'invalid_prompt' });
    const [head, ...frames] = String(stack).split('\n');
    expect(head).toContain(`TypeError: ${told}`);
    expect(frames.length).toBeGreaterThan(0);
    for (const frame of frames) expect(frame).toMatch(/^ {4}at (?!evil)/);
    expect(lines().join()).not.toContain(secret);
  });

  it('pino, is silent where its level is', () => {
    const { stream, json } = sink();
    happen(pino({ level: 'warn' }, stream));
    expect(json().map(({ level }) => level)).toEqual([40, 50]);
  });

  it.each<[string, winston.Logform.Format, (logger: winston.Logger) => winston.Logger]>([
    ['winston', winston.format.json(), (logger) => logger],
    ["winston's child", winston.format.json(), (logger) => logger.child({ module: 'shop' })],
    [
      'winston that interpolates',
      winston.format.combine(winston.format.splat(), winston.format.json()),
      (logger) => logger,
    ],
  ])('%s, logs a message and meta', (_, format, made) => {
    const { stream, lines, json } = sink();
    happen(made(winston.createLogger({ format, transports: [new winston.transports.Stream({ stream })] })));
    expect(json().map(({ level }) => level)).toEqual(['warn', 'info', 'error', 'info']);
    expect(json().map(({ message }) => message)).toEqual(messages);
    const message = expect.stringContaining(told);
    const error = { name: 'TypeError', message, code: 'invalid_prompt' };
    expect(json().map(({ brownout }) => brownout)).toEqual(
      facts.map((each, n) => (n === 2 ? { ...each, error } : each)),
    );
    expect(lines().join()).not.toContain(secret);
  });

  it('console, logs lines that can be read', () => {
    const [out, bad] = [sink(), sink()];
    happen(new Console(out.stream, bad.stream));
    expect([...bad.lines(), ...out.lines()]).toEqual([messages[0], messages[2], messages[1], messages[3]]);
    expect([...bad.lines(), ...out.lines()].join()).not.toContain(secret);
  });

  it('logger of another kind, does what `style` says', () => {
    const calls: unknown[][] = [];
    const log = (...args: unknown[]) => void calls.push(args);
    const logger = { info: log, warn: log, error: log };
    happen(logger, { style: 'pino' });
    expect(calls[1]).toEqual([{ brownout: degradedFacts }, messages[1]]);
    calls.length = 0;
    happen(logger, { style: 'winston' });
    expect(calls[1]).toEqual([{ message: messages[1], brownout: degradedFacts }]);
    calls.length = 0;
    happen(logger);
    expect(calls.map(([line, ...more]) => [line, more])).toEqual(messages.map((message) => [message, []]));
    const { stream, json } = sink();
    happen(pino({}, stream), { style: 'text' });
    expect(json().map(({ msg, brownout }) => [msg, brownout])).toEqual(messages.map((message) => [message, undefined]));
  });
});
