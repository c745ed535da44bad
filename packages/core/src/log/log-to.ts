import { type Brownout, brownout as processDefault, setRule } from '../brownout.ts';
import { expectOption, type OptionRules, parseOptions, rules } from '../options.ts';
import { loggedEvents } from './entries.ts';
import { Journal } from './journal.ts';
import { Logger, type LogStyle, type LogTarget, styleOf } from './logger.ts';

export interface LogOptions {
  /** Which set of circuits. @default the process's, `brownout` */
  readonly brownout?: Brownout;
  /**
   * How the logger is called. `'pino'`: `(object, message)`. `'winston'`: `({ message, … })`. `'text'`: one line of text. @default as the
   * logger looks: `'text'` for `console` and whatever is neither pino nor winston
   */
  readonly style?: LogStyle;
  /** Of events that are alike, how long after the first it is told how many more there were, in milliseconds. @default 30000 */
  readonly everyMs?: number;
  /** The most lines in a minute, up to a minute's worth of them at once. What is left out is counted, and told. @default 120 */
  readonly linesPerMinute?: number;
}

const known: OptionRules<LogOptions> = {
  brownout: setRule,
  style: rules.oneOf('pino', 'winston', 'text'),
  everyMs: rules.durationAbove0,
  linesPerMinute: rules.count(),
};

const target = rules.rule('a logger: an object with the functions `info`, `warn` and `error`', (value) => {
  const { info, warn, error } = (value ?? {}) as Partial<LogTarget>;
  return [info, warn, error].every((method) => typeof method === 'function');
});

/**
 * Logs what happens to a set of circuits, an event a line: transitions, modes, failing tiers, stores, files and options as warnings, alerts
 * as errors, degraded answers as information. Of degraded answers, failing tiers and options, and alerts that are alike (the circuit, the reason, the level)
 * the first is told at once, and after that how many more there were, each `everyMs`. Nothing is done for healthy requests.
 *
 * No text that others wrote can begin a line of its own or reach a terminal as a command, and of an error only its name, its code, the
 * first 200 characters of its message and, for pino, the frames of its stack are told: a message may quote a prompt. A logger that throws or rejects is called no more, and a
 * warning of the process says so, once.
 *
 * @returns the function that takes it away again, and tells what was only counted until then; again is a no-op
 * @throws OptionsError for what is no logger, and an unknown or bad option
 */
export function logTo(logger: LogTarget, options?: LogOptions): () => void {
  expectOption('logger', logger, target);
  const given = parseOptions<LogOptions>('logTo', options, known);
  const { brownout: set = processDefault, style = styleOf(logger), everyMs = 30_000, linesPerMinute = 120 } = given;
  const writer = new Logger(logger, style, () => {
    unlisten();
    journal.drop();
  });
  const write = writer.write.bind(writer);
  const journal = new Journal({ clock: set.clock, everyMs, linesPerMinute, write });
  const offs = loggedEvents.map((name) => set.on(name, (event) => journal.add(name, event)));
  const unlisten = () => {
    for (const off of offs.splice(0)) off();
  };
  return () => {
    unlisten();
    journal.close();
  };
}
