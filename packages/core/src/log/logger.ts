import process from 'node:process';
import type { Severity } from './entries.ts';
import { oneLine } from './one-line.ts';
import { errorWords, type ToldError, toldError, toldStack } from './told-error.ts';

/** A logger: pino, winston, `console`, or anything else with these three. */
export interface LogTarget {
  info(...told: never[]): unknown;
  warn(...told: never[]): unknown;
  error(...told: never[]): unknown;
}

/** How a logger is called: with an object and a message, with an object that has the message in it, or with one line of text. */
export type LogStyle = 'pino' | 'winston' | 'text';

/** What is logged, before it has the form that the logger takes. */
export interface Line {
  readonly severity: Severity;
  readonly message: string;
  /** What a query of the log may ask for. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly error?: { readonly thrown: unknown };
}

/** As a logger looks. What is neither pino nor winston takes a line of text. */
export function styleOf(logger: LogTarget): LogStyle {
  const { bindings, child, configure, transports } = logger as unknown as Partial<Record<string, unknown>>;
  if (typeof bindings === 'function' && typeof child === 'function') return 'pino';
  if (typeof configure === 'function' && transports !== undefined) return 'winston';
  return 'text';
}

/** Calls the logger in its style, until it fails. */
export class Logger {
  readonly #target: LogTarget;
  readonly #style: LogStyle;
  readonly #whenBroken: () => void;
  #isBroken = false;

  constructor(target: LogTarget, style: LogStyle, whenBroken: () => void) {
    this.#target = target;
    this.#style = style;
    this.#whenBroken = whenBroken;
  }

  write(line: Line): void {
    if (this.#isBroken) return;
    try {
      const returned = this.#call(line);
      if (returned instanceof Promise) returned.catch((error: unknown) => this.#failed(error));
    } catch (error) {
      this.#failed(error);
    }
  }

  #call({ severity, message, facts, error }: Line): unknown {
    const target = this.#target as Record<Severity, (...told: unknown[]) => unknown>;
    const told = error && toldError(error.thrown);
    const text = `brownout: ${message}${told === undefined ? '' : `: ${errorWords(told)}`}`;
    if (this.#style === 'text') return target[severity](text);
    if (this.#style === 'pino')
      return target[severity]({ brownout: facts, ...(told && { err: forPino(error!.thrown, told) }) }, text);
    // not (message, meta): in a message with `%d` winston would take the meta for its value
    return target[severity]({ message: text, brownout: told === undefined ? facts : { ...facts, error: told } });
  }

  #failed(error: unknown): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#whenBroken();
    const said = errorWords(toldError(error));
    process.emitWarning(`The logger given to \`logTo\` failed, and is called no more: ${oneLine(said)}`, {
      type: 'BrownoutWarning',
      code: 'BROWNOUT_LOGGER',
    });
  }
}

/** Without a constructor, so that pino's serializer takes its `name` for the type. */
function forPino(error: unknown, told: ToldError): object {
  return Object.assign(Object.create(null) as object, told, { stack: toldStack(error, told) });
}
