import { fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { hosts } from '../contract/hosts.ts';

describe.each(hosts)('a process with $name', ({ name }) => {
  it('exits by itself once its server is closed', async () => {
    const child = fork(new URL('./exits.ts', import.meta.url), [name], {
      execArgv: ['--conditions=source'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const closed = once(child, 'message', { signal: AbortSignal.timeout(15_000) });
    const exited = once(child, 'exit');
    await closed;
    const late = setTimeout(() => child.kill('SIGKILL'), 5_000); // the deadline that it was given is six times that
    expect(await exited).toEqual([0, null]);
    clearTimeout(late);
  }, 25_000);
});
