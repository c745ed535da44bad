import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { RouteHandle } from '@brownout/core';
import { type Command, callback, type Program, Source } from './commands.ts';
import { Observer } from './observer.ts';

/** What a program works on: a response, and a host's own object where its commands are for that. */
export interface Subject {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Whose methods are called and whose properties are set: the response, or Koa's context. */
  readonly target: object;
  /** Where there is a breaker. */
  readonly brownout: RouteHandle | undefined;
}

type Method = (...args: unknown[]) => unknown;

/** Does what a program says, as a handler, and notes everything. */
export class Handler {
  readonly #program: Program;
  #subject: Subject | undefined;
  #observer: Observer | undefined;

  constructor(program: Program) {
    this.#program = program;
  }

  get observer(): Observer | undefined {
    return this.#observer;
  }

  /** Settles when the last command is done; rejects with what the program throws. */
  handle(subject: Subject): Promise<void> {
    this.#subject = subject;
    this.#observer = new Observer(subject.req, subject.res);
    return new Promise((resolve, reject) => this.#proceed(0, resolve, reject));
  }

  /** Ends an answer that the program has left open. */
  conclude(): void {
    const res = this.#subject?.res;
    if (res !== undefined && !res.writableEnded && !res.destroyed)
      this.#observer!.perform('at last, end', () => res.end());
  }

  /** Not with promises: what comes after an `abort` is done within its listener. */
  #proceed(from: number, resolve: () => void, reject: (error: Error) => void): void {
    for (let at = from; at < this.#program.length; at++) {
      const command = this.#program[at]!;
      if ('throws' in command) {
        reject(failure(command.throws));
        return;
      }
      if ('wait' in command) {
        this.#wait(command.wait, () => this.#proceed(at + 1, resolve, reject));
        return;
      }
      this.#observer!.perform(`${at} ${Object.values(command)[0]}`, () => this.#do(command));
    }
    resolve();
  }

  #wait(what: 'tick' | 'turn' | 'abort', then: () => void): void {
    if (what === 'tick') process.nextTick(then);
    else if (what === 'turn') setImmediate(then);
    else this.#whenAborted(then);
  }

  #whenAborted(then: () => void): void {
    const { signal } = this.#subject!.brownout!;
    if (signal.aborted) setImmediate(then);
    else signal.addEventListener('abort', then);
  }

  #do(command: Exclude<Command, { wait: unknown } | { throws: unknown }>): unknown {
    const { req, res, target } = this.#subject!;
    const observer = this.#observer!;
    if ('call' in command) {
      const args = command.args.map((given) => this.#fresh(given, command.call));
      return (target as Record<string, Method>)[command.call]!(...args);
    }
    if ('set' in command) {
      (target as Record<string, unknown>)[command.set] = this.#fresh(command.to, command.set);
      return undefined;
    }
    if ('degrade' in command) return this.#subject!.brownout!.degrade(command.degrade);
    if ('listen' in command) {
      return res[command.how](command.listen, observer.callback(command.listen));
    }
    if ('read' in command) {
      if (command.read === 'data') req.on('data', (bytes: Buffer) => observer.note(`request data ${bytes}`));
      else (req as unknown as Record<string, Method>)[command.read]!();
      return undefined;
    }
    const source = this.#open(command.from);
    if (command.pour === 'pipe') return source.pipe(res);
    return pipeline(source, res, observer.callback('pipeline'));
  }

  #open(from: Source): Readable {
    const source = from.open();
    source.on('error', (error) => this.#observer!.note(`source ${error.message}`));
    source.on('close', () => this.#observer!.note('source close'));
    return source;
  }

  /** Node grows arrays that it is given in place, and a stream is read once: each run has its own. */
  #fresh(value: unknown, of: string): unknown {
    if (value === callback) return this.#observer!.callback(of);
    if (value instanceof Source) return value.isWeb ? Readable.toWeb(this.#open(value)) : this.#open(value);
    if (Array.isArray(value)) return value.map((own) => this.#fresh(own, of));
    if (value instanceof Map) return new Map(this.#fresh([...value], of) as [unknown, unknown][]);
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, this.#fresh(own, of)]));
  }
}

/** Without the stack, which would tell who called. */
function failure(status: number | undefined): Error {
  const error = Object.assign(new Error('the handler failed'), status === undefined ? {} : { status });
  error.stack = 'Error: the handler failed';
  return error;
}

/** A pipe that ends in an illegal head throws where nobody catches, and Koa's own error page may reject: that is noted, too. */
export function notingUncaught(handler: Handler): Disposable {
  const listeners = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.setUncaughtExceptionCaptureCallback((error) => handler.observer?.note(`uncaught: ${error.message}`));
  return {
    [Symbol.dispose]() {
      process.setUncaughtExceptionCaptureCallback(null);
      for (const listener of listeners) process.on('unhandledRejection', listener);
    },
  };
}
