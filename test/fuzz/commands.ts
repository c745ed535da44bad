import { Readable } from 'node:stream';
import fc from 'fast-check';

/** One thing that a handler does, as plain data: fast-check prints and shrinks it. */
export type Command =
  /** A method of the response, or of the host's own object: which, is told by the program that it stands in. */
  | { readonly call: string; readonly args: readonly unknown[] }
  | { readonly set: string; readonly to: unknown }
  | { readonly listen: string; readonly how: 'on' | 'once' | 'prependListener' }
  | { readonly pour: 'pipe' | 'pipeline'; readonly from: Source }
  | { readonly read: 'resume' | 'data' | 'pause' | '_dump' }
  | { readonly wait: 'tick' | 'turn' | 'abort' }
  | { readonly degrade: 'overloaded' | 'failure' }
  | { readonly throws: number | undefined };

export type Program = readonly Command[];

/** Stands among the arguments of a call for a callback that the observer notes. */
export const callback: unique symbol = Symbol('callback');

/** Stands for a source that each run makes anew: one that gives these chunks, and ends or dies. */
export class Source {
  readonly chunks: readonly (string | Uint8Array)[];
  readonly fails: boolean;
  readonly isWeb: boolean;

  constructor(chunks: readonly (string | Uint8Array)[], fails: boolean, isWeb = false) {
    this.chunks = chunks;
    this.fails = fails;
    this.isWeb = isWeb;
  }

  open(): Readable {
    const left = [...this.chunks];
    const { fails } = this;
    return new Readable({
      read() {
        const next = left.shift();
        if (next !== undefined) this.push(next);
        else if (fails) this.destroy(new Error('the source died'));
        else this.push(null);
      },
    });
  }
}

/** Statuses that are a failure, or the reason for a degraded answer. */
const failing: ReadonlySet<unknown> = new Set([408, 429, 500, 503, 999]);
const takesStatus: ReadonlySet<string> = new Set(['writeHead', 'writeHeader', 'status', 'sendStatus']);

/** Whether an answer with this command in it is, or may be, a failure. */
export function isFailing(command: Command): boolean {
  if ('throws' in command) return true;
  if ('pour' in command) return command.from.fails;
  if ('set' in command) return command.to instanceof Source ? command.to.fails : failing.has(command.to);
  if (!('call' in command)) return false;
  return command.call === 'destroy' || (takesStatus.has(command.call) && failing.has(command.args[0]));
}

/** The arguments of a call come in pieces, each of none, one, or more of them. */
export type Piece = fc.Arbitrary<unknown[]>;

export const one = (values: fc.Arbitrary<unknown>): Piece => values.map((value) => [value]);
export const optional = (values: fc.Arbitrary<unknown>): Piece => fc.oneof(fc.constant<unknown[]>([]), one(values));

export const calls = (names: readonly string[], ...pieces: Piece[]): fc.Arbitrary<Command> =>
  fc.tuple(fc.constantFrom(...names), ...pieces).map(([call, ...args]) => ({ call, args: args.flat() }));
export const callsWith = (name: string, ...args: unknown[][]): fc.Arbitrary<Command> =>
  calls([name], fc.constantFrom(...args));
export const sets = (set: string, ...values: unknown[]): fc.Arbitrary<Command> =>
  fc.constantFrom(...values).map((to) => ({ set, to }));

export const often = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });

export const waits: fc.Arbitrary<Command> = fc.constantFrom<Command>({ wait: 'tick' }, { wait: 'turn' });
export const reads: fc.Arbitrary<Command> = fc
  .constantFrom('resume', 'data', 'pause', '_dump')
  .map((read) => ({ read }) as Command);

export const sources = (isWeb: fc.Arbitrary<boolean>): fc.Arbitrary<Source> =>
  fc
    .tuple(fc.array(fc.constantFrom('abc', 'def', Buffer.from('buf')), { maxLength: 3 }), fc.boolean(), isWeb)
    .map(([chunks, fails, web]) => new Source(chunks, fails, web));

/** Handlers that do any of this, and may throw in the end. */
export const programsOf = (command: fc.Arbitrary<Command>): fc.Arbitrary<Program> =>
  fc
    .tuple(listOf(command, 14), fc.option(fc.constantFrom(undefined, 404, 429, 503), { nil: null }))
    .map(([commands, throws]) => (throws === null ? commands : [...commands, { throws }]));

/** Handlers that have sent nothing when their deadline comes, or when they give up, and go on all the same. */
export const latePrograms = (early: fc.Arbitrary<Command>, rest: fc.Arbitrary<Program>): fc.Arbitrary<Program> =>
  fc
    .tuple(
      listOf(early, 6),
      fc.constantFrom<Command>({ wait: 'abort' }, { degrade: 'overloaded' }, { degrade: 'failure' }),
      rest,
    )
    .map(([commands, over, late]): Program => [...commands, over, ...late]);

const listOf = (command: fc.Arbitrary<Command>, maxLength: number): fc.Arbitrary<Command[]> =>
  fc.array(command, { maxLength, size: 'max' });
