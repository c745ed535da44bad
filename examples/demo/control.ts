import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { request } from 'node:http';
import { extname } from 'node:path';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

/** What the demo's own endpoints read and change. */
export interface Controls {
  /** The whole state, as JSON. */
  readonly state: () => object;
  /** Throws for a mode that does not exist, and where the upstream is not ours to break. */
  readonly setUpstream: (mode: unknown, which: unknown) => Promise<void>;
  readonly setCircuit: (host: unknown, action: unknown) => void;
  /** Where the Koa application listens. The page reaches it through its own origin. */
  readonly koaUrl: () => string;
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const folder = new URL('./page/', import.meta.url);
const files = new Map(
  readdirSync(folder).map((name) => [
    name === 'index.html' ? '/' : `/${name}`,
    { type: types[extname(name)] ?? 'application/octet-stream', body: readFileSync(new URL(name, folder)) },
  ]),
);

const pageHeaders = {
  'content-security-policy': "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cache-control': 'no-cache',
  'x-content-type-options': 'nosniff',
};

/**
 * The page, the state and the switches, in front of the Express application and no part of it. `handle` says whether the
 * request was for them; `publish` tells every open page that the state has changed.
 */
export function createControl({ state, setUpstream, setCircuit, koaUrl }: Controls) {
  const watchers = new Set<ServerResponse>();
  let publishing = false;

  function publish(): void {
    if (publishing || watchers.size === 0) return;
    publishing = true;
    // One message for all that happens in one turn.
    setImmediate(() => {
      publishing = false;
      const message = `data: ${JSON.stringify(state())}\n\n`;
      for (const watcher of watchers) watcher.write(message);
    });
  }

  function watch(res: ServerResponse): void {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    res.write(`retry: 1000\ndata: ${JSON.stringify(state())}\n\n`);
    watchers.add(res);
    res.on('close', () => watchers.delete(res));
  }

  async function change(req: IncomingMessage, res: ServerResponse, apply: (body: Body) => unknown): Promise<void> {
    // A form on another site can send neither this type nor this method without asking first.
    if (req.method !== 'PUT' || !req.headers['content-type']?.startsWith('application/json'))
      return send(res, 405, { error: 'PUT application/json.' });
    try {
      await apply((await json(req)) as Body);
      publish();
      send(res, 200, state());
    } catch (error) {
      send(res, 400, { error: error instanceof Error ? error.message : String(error) });
    }
  }

  function handle(req: IncomingMessage, res: ServerResponse): boolean {
    const path = req.url!.split('?')[0]!;
    const file = files.get(path);
    if (file && (req.method === 'GET' || req.method === 'HEAD')) {
      res.writeHead(200, { ...pageHeaders, 'content-type': file.type }).end(file.body);
    } else if (path === '/demo/state') send(res, 200, state());
    else if (path === '/demo/events') watch(res);
    else if (path === '/demo/upstream') void change(req, res, ({ mode, which }) => setUpstream(mode, which));
    else if (path === '/demo/circuit') void change(req, res, ({ host, action }) => setCircuit(host, action));
    else if (path.startsWith('/koa/') && !path.startsWith('/koa/brownout'))
      void passOn(req, res, new URL(req.url!.slice('/koa'.length), koaUrl()));
    else return false;
    return true;
  }

  return { handle, publish };
}

interface Body {
  readonly mode?: unknown;
  readonly which?: unknown;
  readonly host?: unknown;
  readonly action?: unknown;
}

function send(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body));
}

/**
 * Hands a request on to another server as it is, so that the page needs but one origin. Not to its dashboard, which looks at the name that
 * was asked for.
 */
async function passOn(req: IncomingMessage, res: ServerResponse, to: URL): Promise<void> {
  const onward = request(to, { method: req.method, headers: { ...req.headers, host: to.host } });
  onward.on('response', (answer) => {
    res.writeHead(answer.statusCode!, answer.statusMessage, answer.rawHeaders);
    pipeline(answer, res).catch(() => res.destroy());
  });
  res.on('close', () => onward.destroy());
  await pipeline(req, onward).catch(() => res.destroy());
}
