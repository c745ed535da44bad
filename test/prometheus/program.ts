import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/** Whether to skip the tests that run these programs of the machine: where one is not installed, but never where `CI` is set. */
export function lacks(...programs: readonly string[]): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const missing = programs.filter((program) => !folders.some((folder) => existsSync(join(folder, program))));
  if (missing.length === 0 || process.env['CI']) return false;
  console.warn(`Skipped, for want of ${missing.join(', ')}.`);
  return true;
}

/** Runs a program to its end and hands out all that it said; rejects with that where it fails. */
export function run(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stdout}${stderr}`));
      else resolve(stdout + stderr);
    });
    child.stdin!.end(input);
  });
}
