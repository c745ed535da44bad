import process from 'node:process';
import { type Answer, headersWith, json, problem, type WholeAnswer } from './answer.ts';
import type { Asked } from './asked.ts';
import type { Authority } from './authority.ts';
import { actions, type Changes, noSuchCircuit } from './changes.ts';
import type { Live } from './live.ts';
import type { Page, PageFile } from './page-seam.ts';
import type { Watch } from './watch.ts';

/** What the endpoints stand on. */
export interface Parts {
  readonly watch: Watch;
  readonly authority: Authority;
  readonly changes: Changes;
  readonly live: Live;
  readonly page: Page;
}

const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What stands at each address. Reading is GET, changing is POST and PATCH. */
export class Endpoints {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async answer(asked: Asked): Promise<Answer> {
    const { path, method } = asked;
    const isRead = method === 'GET' || method === 'HEAD';
    const name = /^\/circuits\/(.+)$/s.exec(path)?.[1];
    if (name !== undefined && !isRead) return this.#change(asked, name);
    const read = name === undefined ? this.#readAt(path) : () => this.#circuit(name);
    if (read === undefined) return problem(404, 'There is nothing here.');
    if (!isRead) return notAllowed('GET, HEAD');
    if (await this.#parts.authority.mayRead(asked.native)) return read(asked);
    return path === '/health' ? json(this.#health(false)) : problem(403, 'You may not read this.');
  }

  #readAt(path: string): ((asked: Asked) => Answer) | undefined {
    if (path === '/') return () => this.#page();
    if (path === '/health') return () => json(this.#health(true));
    if (path === '/circuits') return () => this.#circuits();
    if (path === '/events') return ({ req }) => this.#parts.live.follow(req.headers['last-event-id']?.toString());
    const file = path.startsWith('/assets/') ? this.#parts.page.file(decoded(path.slice(8)) ?? '') : undefined;
    return file && ((asked) => fileAnswer(file, asked.req.headers['if-none-match']));
  }

  #page(): WholeAnswer {
    const { watch, authority, page } = this.#parts;
    const { canChange } = authority;
    const body = page.render({ summaries: watch.summaries(), canChange, at: watch.moment.wall });
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': pagePolicy };
    return { status: 200, headers: headersWith(headers), body };
  }

  #health(withNames: boolean) {
    const { watch, authority } = this.#parts;
    const { status, circuits } = watch.set.health();
    const each = Object.entries(circuits);
    const of = (wanted: string) => each.filter(([, circuit]) => circuit.status === wanted).map(([name]) => name);
    const failing = of('failed');
    const counts = {
      total: each.length,
      healthy: of('healthy').length,
      degraded: of('degraded').length,
      failed: failing.length,
    };
    const uptimeMs = Math.round(process.uptime() * 1_000);
    const all = { status, at: watch.moment.wall, uptimeMs, circuits: counts };
    return withNames ? { ...all, failing, canChange: authority.canChange } : all;
  }

  #circuits(): WholeAnswer {
    const { watch, authority } = this.#parts;
    const circuits = watch.summaries();
    return json({ at: watch.moment.wall, canChange: authority.canChange, circuits });
  }

  #circuit(raw: string): WholeAnswer {
    const { watch } = this.#parts;
    const track = found(watch, raw);
    if (track !== undefined) return json({ at: watch.moment.wall, circuit: watch.details(track) });
    const [of, action] = split(raw);
    return action !== undefined && found(watch, of) !== undefined ? notAllowed('POST') : noSuchCircuit;
  }

  async #change(asked: Asked, raw: string): Promise<Answer> {
    const { changes } = this.#parts;
    const [of, action] = split(raw);
    const name = decoded(action === undefined ? raw : of);
    if (name === undefined) return noSuchCircuit;
    if (asked.method === 'PATCH') return changes.patch(asked, decoded(raw) ?? '');
    if (asked.method === 'POST' && action !== undefined) return changes.act(asked, name, action);
    return notAllowed(action === undefined ? 'GET, HEAD, PATCH' : 'POST');
  }
}

/** The name and the action; slashes of the name may have been decoded on the way. */
function split(raw: string) {
  const at = raw.lastIndexOf('/');
  return [raw.slice(0, Math.max(at, 0)), at > 0 ? actions.get(raw.slice(at + 1)) : undefined] as const;
}

function found(watch: Watch, raw: string) {
  const name = decoded(raw);
  return name === undefined ? undefined : watch.find(name);
}

function decoded(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}

const notAllowed = (allow: string) => problem(405, `What is allowed here is: ${allow}.`, { allow });

function fileAnswer({ type, body, etag }: PageFile, known: string | undefined): WholeAnswer {
  const headers = headersWith({ 'cache-control': 'no-cache', etag });
  const isKnown = known?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
  if (isKnown) return { status: 304, headers, body: '' };
  return { status: 200, headers: { ...headers, 'content-type': type }, body };
}
