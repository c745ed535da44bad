import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createBrownout, type LruAnswers, lruAnswers, persist } from '@brownout/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('./child.ts', import.meta.url));
const execArgv = ['--conditions=source'];
let folder: string;
let file: string;
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brownout-'));
  file = join(folder, 'state');
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(...rest: string[]): ChildProcess {
  const child = fork(program, [file, ...rest], { execArgv });
  children.push(child);
  return child;
}

/** What the next process finds. */
function found() {
  const told: unknown[] = [];
  const answers: LruAnswers = lruAnswers();
  const brownout = createBrownout({ answers });
  brownout.on('persist_failed', (event) => void told.push(event));
  persist({ file, brownout, answers: true });
  return { told, success: brownout.circuit('a').metrics().calls.success, entries: answers.stats.entries };
}

describe('The files of a process that is killed', () => {
  it('are whole whenever it is, though it was writing them, and so was another', async () => {
    let before = { success: 0, entries: 0 };
    for (let round = 0; round < 5; round++) {
      const both = [start(), start()];
      await Promise.all(both.map((child) => once(child, 'message')));
      const exits = both.map((child) => once(child, 'exit'));
      for (const child of both) {
        await sleep(Math.random() * 60);
        child.kill('SIGKILL');
      }
      await Promise.all(exits);
      const { told, ...now } = found();
      expect(told).toEqual([]);
      expect(now.success).toBeGreaterThanOrEqual(before.success);
      before = now;
    }
    expect(before.entries).toBeGreaterThan(0);
    expect(before.success).toBeGreaterThan(0);
    // they were caught in the act
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp')).length).toBeGreaterThan(0);
  });

  it.each([
    ['is closed', 'close'],
    ['exits, with a listener that writes at once', 'exit'],
  ])('have all that there was when it %s', async (_, end) => {
    const child = start(end);
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(found()).toEqual({ told: [], success: 1, entries: 12 });
    expect(readdirSync(folder).sort()).toEqual(['state', 'state.answers']);
  });

  it('stay as they are while a disk is full, and the process goes on', async () => {
    // a limit on the size of files fails a write in the middle, as a full disk does
    const command = `ulimit -f 64; exec "$0" "$@"`;
    const child = spawn('sh', ['-c', command, process.execPath, ...execArgv, program, file, 'close'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    children.push(child);
    const messages: { told: unknown[] }[] = [];
    child.on('message', (message) => void messages.push(message as never));
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(messages.at(-1)!.told).toEqual([['persist_failed', expect.stringContaining('EFBIG')]]);
    expect(found()).toEqual({ told: [], success: 1, entries: 0 });
    expect(readdirSync(folder)).toEqual(['state']);
  });
});
