import { oneLine } from './one-line.ts';

/** What is told of something thrown: never what else hangs on it, such as a request, a response, or headers. */
export interface ToldError {
  readonly name: string;
  readonly message: string;
  /** Its own, or that of its cause: `fetch failed` alone tells little. */
  readonly code?: string | number;
}

/** The frames of a stack that are told. */
const mostFrames = 10;

/** A frame names a place in the code. A line of a message that only begins as one does not. */
const frame = /^ {4}at .*(?::\d+:\d+\)?|\((?:<anonymous>|native|index \d+)\))$/;

export function toldError(error: unknown): ToldError {
  try {
    if (typeof error !== 'object' || error === null) return { name: typeof error, message: oneLine(String(error)) };
    const { name, message, code, cause } = error as Partial<Record<string, unknown>>;
    const known = code ?? (cause as { readonly code?: unknown } | null | undefined)?.code;
    return {
      name: typeof name === 'string' ? oneLine(name) : 'object',
      message: typeof message === 'string' ? oneLine(message) : '',
      ...(typeof known === 'string' && { code: oneLine(known) }),
      ...(typeof known === 'number' && { code: known }),
    };
  } catch {
    return { name: 'unknown', message: '' }; // a getter threw
  }
}

/** `TypeError ERR_X: the message`. */
export function errorWords({ name, message, code }: ToldError): string {
  const named = code === undefined || code === name ? name : `${name} ${code}`;
  return message === '' ? named : `${named}: ${message}`;
}

/** The stack beneath `told`, without the message as it was: that may be long, and have lines of its own. */
export function toldStack(error: unknown, told: ToldError): string | undefined {
  try {
    const { stack, message } = error as Partial<Record<string, unknown>>;
    if (typeof stack !== 'string' || typeof message !== 'string') return undefined;
    const at = stack.indexOf(message);
    // another message than it was made with: nobody knows where that one ends
    if (at < 0) return undefined;
    const lines = stack.slice(at + message.length).split('\n');
    const frames = lines.filter((line) => frame.test(line)).slice(0, mostFrames);
    return [`${told.name}: ${told.message}`, ...frames.map(oneLine)].join('\n');
  } catch {
    return undefined;
  }
}
