import type { IncomingMessage, ServerResponse } from 'node:http';
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

interface ParsedBody {
  readonly body?: unknown;
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
  const { originalUrl = req.url } = req as { originalUrl?: string | undefined };
  const parsed = (req as ParsedBody).body;
  void answered(place, { req, native: req, method: req.method!, path: path ?? '', parsed }, originalUrl).then(
    (answer) => {
      if (res.headersSent || res.destroyed) return;
      keepToOneOrigin(res);
      if ('begin' in answer) answer.begin(res);
      else
        res
          .writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) })
          .end(answer.body);
    },
  );
}

export async function onKoa(place: Place, ctx: KoaContext, next: () => Promise<unknown>): Promise<void> {
  const { req, res } = ctx;
  const path = pathIn(place, req.url);
  if (path === undefined) {
    await next();
    return;
  }
  const parsed = (ctx.request as ParsedBody).body ?? (req as ParsedBody).body;
  const answer = await answered(place, { req, native: ctx, method: req.method!, path, parsed }, ctx.originalUrl);
  if (res.headersSent || res.destroyed) return;
  keepToOneOrigin(res);
  if ('begin' in answer) {
    ctx.respond = false;
    answer.begin(res);
    return;
  }
  ctx.status = answer.status;
  for (const [name, value] of Object.entries(answer.headers)) ctx.set(name, value);
  ctx.body = typeof answer.body === 'string' ? answer.body : Buffer.from(answer.body);
}

/** What is left of the path where the dashboard is found; `undefined` elsewhere. */
function pathIn({ path }: Place, url = '/'): string | undefined {
  const [asked = '/'] = url.split('?', 1);
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
    process.emitWarning(error instanceof Error ? error : String(error));
    return problem(500, 'The dashboard failed.');
  }
}

/** The page's own addresses are relative to a folder, and so is this one: nobody knows how the proxies in front call it. */
function toFolder(original: string): WholeAnswer {
  const location = `./${original.slice(original.lastIndexOf('/') + 1)}/`;
  return { status: 302, headers: headersWith({ location }), body: '' };
}
