import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { consequences } from '../../packages/openai/src/outcome.ts';
import { useServers } from '../contract/servers.ts';
import type { CaseName } from './scripts.ts';
import { scriptedUpstream } from './upstream.ts';

const readme = await readFile(new URL('../../packages/openai/README.md', import.meta.url), 'utf8');
const folder = new URL('./.readme/', import.meta.url);
const start = useServers();

beforeAll(() => mkdir(folder, { recursive: true }));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the README of @brownout/openai', () => {
  it('says of each kind of outcome what follows from it', () => {
    const rows = [...readme.matchAll(/^\| `(\w+)` \| .* \| (.*) \| (.*) \| (.*) \|$/gm)].map((row) => row.slice(1));
    const said = rows.map(([kind, verdict, retry, next]) => [
      kind,
      { verdict: verdict!.split(',')[0], retry: retry !== 'no', next: next !== 'no', alert: /alert/.test(verdict!) },
    ]);
    expect(Object.fromEntries(said)).toEqual(consequences);
  });

  it('shows an application that degrades, and tells of a bad key', async () => {
    let script: CaseName = 'ok';
    vi.stubEnv('OPENAI_BASE_URL', `${await start(scriptedUpstream(() => script))}/v1`);
    vi.stubEnv('OPENAI_API_KEY', 'none');
    const logged = vi.spyOn(console, 'error').mockReturnValue();
    const file = fileURLToPath(new URL('block.js', folder));
    await writeFile(file, `${/```js\n([\s\S]*?)```/.exec(readme)![1]}\nexport { app };\n`);
    const { app } = await import(/* @vite-ignore */ file);
    const url = await start(app);
    const ask = async (path: string, question: string) => {
      const response = await fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        body: JSON.stringify({ question }),
      });
      return [response.status, await response.text()] as const;
    };

    expect(await ask('/ask', 'How much?')).toEqual([200, '{"answer":"Nine million."}']);
    const whole = await ask('/stream', 'How much?');
    expect(whole[1]).toContain('data: {"content":"million."}\n\n');
    expect(whole[1]).toMatch(/data: \[DONE\]\n\n$/);

    script = 'HTML, 200';
    expect(await ask('/ask', 'How much?')).toEqual([200, expect.stringContaining('"fallback_level":"l1_cache"')]);
    expect(await ask('/stream', 'How much?')).toEqual(whole);
    expect(await ask('/ask', 'How many?')).toEqual([503, expect.stringContaining('AI assistant is temporarily')]);
    script = 'stream without an end';
    const [, cut] = await ask('/stream', 'How many?');
    expect(cut).toMatch(/million[\s\S]*event: brownout\ndata: .*"fallback_reason":"failure"/);
    expect(cut).not.toContain('[DONE]');

    logged.mockClear();
    script = 'bad key';
    expect(await ask('/ask', 'How many?')).toEqual([503, expect.stringContaining('"fallback_reason":"failure"')]);
    expect(logged).toHaveBeenCalledWith('OpenAI: unauthorized');
    script = 'no such model';
    expect(await ask('/ask', 'How many?')).toEqual([503, expect.stringContaining('"fallback_reason":"failure"')]);
    expect(logged).toHaveBeenLastCalledWith('OpenAI: no_such_model');
    script = 'bad request';
    expect((await ask('/ask', 'How many?'))[0]).toBe(400);
    vi.unstubAllEnvs();
  });
});
