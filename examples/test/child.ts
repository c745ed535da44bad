import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const folder = new URL('../', import.meta.url);

/** A program of the examples in a process of its own, run from source. */
export interface Child {
  /** What it has printed so far. */
  readonly output: () => string;
  /** The first match in what it prints; rejects when it exits without one. */
  match(pattern: RegExp): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Its exit code; `null` when a signal ended it. */
  readonly exited: Promise<number | null>;
}

export function start(file: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Child {
  const path = fileURLToPath(new URL(file, folder));
  const { OPENAI_API_KEY: _key, ...inherited } = process.env;
  const child = spawn(process.execPath, ['--conditions=source', path, ...args], { env: { ...inherited, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return {
    output: () => output,
    exited,
    kill: (signal) => child.kill(signal),
    match: async (pattern) => {
      for (;;) {
        const found = output.match(pattern)?.[0];
        if (found !== undefined) return found;
        const ended = await Promise.race([once(child.stdout, 'data').then(() => false), exited.then(() => true)]);
        if (ended && !pattern.test(output)) throw new Error(`No ${pattern} in what ${file} printed:\n${output}`);
      }
    },
  };
}
