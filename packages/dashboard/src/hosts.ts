import type { IncomingMessage, ServerResponse } from 'node:http';
import { emitWarning } from 'node:process';
import type { RouteHandle } from '@brownout/core';
import { type Answer, headersWith, keepToOneOrigin, problem, type WholeAnswer } from './answer.ts';
import type { Asked } from './asked.ts';

/** What is asked of Koa's context. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly originalUrl: string;
  readonly request: object;
  respond?: boolean | undefined;
  status: number;
  body: unknown;
  set(name: string, value: string): void;
}

/** Who answers, and at which path where the host does not mount. */
export interface Place {
  readonly path: string | undefined;
  answer(asked: Asked): Promise<Answer>;
}

/** What others before us may have put on a request, or on a context. */
interface Trimmings {
  readonly body?: unknown;
  /** Of a breaker for the whole application. */
  readonly brownout?: Partial<Pick<RouteHandle, 'standAside'>>;
}

/** Express, and `node:http`. */
export function onNode(
  place: Place,
  req: IncomingMessage,
  res: ServerResponse,
  next?: (error?: unknown) => void,
): void {
  const path = pathIn(place, req.url);
  if (path === undefined && next !== undefined) {
    next();
    return;
  }
  const { body: parsed, brownout, originalUrl } = req as Trimmings & { originalUrl?: string };
  brownout?.standAside?.();
  answered(place, { req, native: req, method: req.method!, path: path ?? '', parsed }, originalUrl ?? req.url)
    .then((answer) => {
      const whole = begun(answer, res);
      if (whole === undefined) return;
      const { status, headers, body } = whole;
      res.writeHead(status, { ...headers, ...(status !== 304 && lengthOf(body)) }).end(body);
    })
    .catch(warn);
}

/** Not of a 304: there it would be the length of what is not sent (RFC 9110 §8.6). */
const lengthOf = (body: string | Uint8Array) => ({ 'content-length': Buffer.byteLength(body) });

export async function onKoa(place: Place, ctx: KoaContext, next: () => Promise<unknown>): Promise<void> {
  const { req, res } = ctx;
  const path = pathIn(place, req.url);
  if (path === undefined) {
    await next();
    return;
  }
  (ctx as Trimmings).brownout?.standAside?.();
  const parsed = (ctx.request as Trimmings).body ?? (req as Trimmings).body;
  const answer = await answered(place, { req, native: ctx, method: req.method!, path, parsed }, ctx.originalUrl);
  const whole = begun(answer, res);
  if (whole === undefined) {
    ctx.respond = false;
    return;
  }
  ctx.status = whole.status;
  for (const [name, value] of Object.entries(whole.headers)) ctx.set(name, value);
  ctx.body = typeof whole.body === 'string' ? whole.body : Buffer.from(whole.body);
}

/** What is to be sent as a whole; `undefined` of what goes on, and where nobody waits or another has answered. */
function begun(answer: Answer, res: ServerResponse): WholeAnswer | undefined {
  if (res.headersSent || res.destroyed) return undefined;
  keepToOneOrigin(res);
  return 'begin' in answer ? answer.begin(res) : answer;
}

/** What is left of the path where the dashboard is found; `undefined` elsewhere. A server takes whole addresses, too (RFC 9112 §3.2.2). */
function pathIn({ path }: Place, url = '/'): string | undefined {
  const [whole = '/'] = url.split('?', 1);
  const asked = whole.startsWith('/') ? whole : whole.replace(/^[a-z]+:\/\/[^/]*/i, '') || '/';
  if (path === undefined) return asked;
  if (asked !== path && !asked.startsWith(`${path}/`)) return undefined;
  return asked.slice(path.length) || '/';
}

async function answered(place: Place, asked: Asked, originalUrl = '/'): Promise<Answer> {
  const isRead = asked.method === 'GET' || asked.method === 'HEAD';
  const [original = '/'] = originalUrl.split('?', 1);
  if (asked.path === '/' && isRead && !original.endsWith('/')) return toFolder(original);
  try {
    return await place.answer(asked);
  } catch (error) {
    warn(error);
    return problem(500, 'The dashboard failed.');
  }
}

/** A fault of ours is no reason to harm the application. */
const warn = (error: unknown) => emitWarning(error instanceof Error ? error : String(error));

/** The page's own addresses are relative to a folder, and so is this one: nobody knows how the proxies in front call it. */
function toFolder(original: string): WholeAnswer {
  const location = `./${original.slice(original.lastIndexOf('/') + 1)}/`;
  return { status: 302, headers: headersWith({ location }), body: '' };
}
