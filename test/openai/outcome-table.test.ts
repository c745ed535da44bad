import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { listen } from '../contract/servers.ts';
import { createClient, versions } from './clients.ts';
import { type Seen, streamOutcomes, wholeOutcomes } from './outcomes.ts';
import { scripts } from './scripts.ts';
import { scriptedUpstream } from './upstream.ts';

const refused = 'connection refused';
const left = 'the caller leaves';
const cases = [...Object.keys(scripts), refused, left];
/** These end by a limit of ours alone; the others must not come near one, on a slow machine neither. */
const hanging = [
  'slow headers',
  'body cut',
  'stream stalls',
  'stream of keep-alives',
  'keep-alives alone',
  'opening alone',
];
const short = { firstMs: 150, idleMs: 150, timeoutMs: 300 };
const long = { firstMs: 20_000, idleMs: 20_000, timeoutMs: 20_000 };

/** A caller who has waited for a while. */
function leaving(): AbortSignal {
  const caller = new AbortController();
  setTimeout(() => caller.abort(), 150);
  return caller.signal;
}

const words = ({ verdict, outcome }: Seen): string => {
  if (outcome === undefined) return verdict;
  const wait = outcome.retryAfterMs === undefined ? '' : ` after ${outcome.retryAfterMs / 1000} s`;
  const rest = [outcome.retry && `retry${wait}`, outcome.next && 'next', outcome.alert && 'alert'].filter(Boolean);
  return [verdict, ...rest].join(', ');
};

/** Whether the SDK reads a body, which it does in one way for each call. Before that all calls are alike. */
const readsBody = (name: string) => /ok|200|body|stream|alone/.test(name);

/** One word for all ways to ask, or else each. */
const cell = (all: readonly Seen[]) => [...new Set(all.map(words))].join(' / ');

let table: ReadonlyMap<string, readonly string[]>;

beforeAll(async () => {
  vi.spyOn(console, 'error').mockReturnValue(); // the SDK's, of JSON that it cannot read
  const upstream = scriptedUpstream();
  const url = await listen(upstream);
  const gone = createServer();
  const goneUrl = await listen(gone);
  await new Promise((resolve) => gone.close(resolve));

  async function row(name: string): Promise<[string, readonly string[]]> {
    const limits = hanging.includes(name) ? short : name === left ? { ...long, signal: leaving() } : long;
    const script = name === left ? 'slow headers' : name;
    const isOfStreams = /stream|alone/.test(name);
    const cells = versions.map(async (version) => {
      const timeout = name === 'slow headers' ? 100 : 20_000;
      const client = createClient(version, { baseURL: `${name === refused ? goneUrl : url}/v1`, timeout });
      const most = readsBody(name) ? Number.POSITIVE_INFINITY : 1;
      const whole = isOfStreams ? [] : wholeOutcomes(client, script, limits, most);
      return cell(await Promise.all([...whole, ...streamOutcomes(client, script, limits, most)]));
    });
    return [name, await Promise.all(cells)];
  }
  table = new Map(await Promise.all(cases.map(row)));
  upstream.closeAllConnections();
  upstream.close();
}, 60_000);

const markdown = () => {
  const rows = [...table].map(([name, cells]) => [name, ...cells]);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(['case', ...versions.map((version) => `v${version}`)]), line(Array(versions.length + 1).fill('---'))]
    .concat(rows.map(line))
    .join('\n');
};

describe('the outcome of a call', () => {
  it('is what the README of @brownout/openai says, for each case and each version of the SDK', async () => {
    console.log(markdown());
    const readme = await readFile(new URL('../../packages/openai/README.md', import.meta.url), 'utf8').catch(() => '');
    expect(/^\| case \|[\s\S]*?(?=\n\n)/m.exec(readme)?.[0]).toBe(markdown());
  });
});
