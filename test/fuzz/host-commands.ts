import fc from 'fast-check';
import { type Command, callsWith, sets, sources, waits } from './commands.ts';

const statuses = [200, 201, 204, 205, 304, 400, 404, 408, 429, 500, 503, 99, 1000, 'abc', undefined];
const texts = ['text', '<p>html</p>', '', 'x'.repeat(70_000)];
const bodies = [...texts, { a: 1 }, [1], null, undefined, 7, true, Buffer.from('bytes')];
const each = (values: readonly unknown[]) => values.map((value) => [value]);

/** Express's own methods of the response. */
export const expressCommand: fc.Arbitrary<Command> = fc.oneof(
  callsWith('status', ...each(statuses)),
  callsWith('sendStatus', [200], [204], [404], [503]),
  callsWith('send', ...each(bodies)),
  callsWith('json', ...each(bodies), [{ big: 1n }]),
  callsWith('jsonp', [{ a: 1 }]),
  callsWith('redirect', ['/there'], [301, '/there'], [302, 'é']),
  callsWith('type', ['html'], ['json'], ['application/x-own']),
  callsWith(
    'set',
    ['X-A', '1'],
    [{ 'X-A': '1', 'X-B': ['2', '3'] }],
    ['Content-Type', 'text/plain'],
    ['ETag', '"own"'],
  ),
  callsWith('append', ['X-A', '2'], ['Set-Cookie', ['a=1', 'b=2']]),
  callsWith('cookie', ['a', '1'], ['b', { c: 1 }, { maxAge: 1000, httpOnly: true, expires: new Date(0) }]),
  callsWith('clearCookie', ['a']),
  callsWith('vary', ['Accept'], ['*']),
  callsWith('location', ['/there']),
  callsWith('links', [{ next: '/2' }]),
  callsWith('attachment', [], ['a.txt']),
  callsWith('get', ['X-A']),
);

/** What puts an answer on Koa's context. */
export const contextCommand: fc.Arbitrary<Command> = fc.oneof(
  sets('status', ...statuses),
  sets('body', ...bodies, new Blob(['blob']), new Set([1]), { toJSON: () => 'own' }),
  sources(fc.boolean()).map((to) => ({ set: 'body', to })),
  sets('message', 'Fine', 'Très bien'),
  sets('type', 'html', 'json', 'application/x-own', ''),
  sets('length', 3, 0, 12),
  sets('etag', 'own', '"own"'),
  sets('lastModified', new Date(0)),
  sets('respond', false, true),
  callsWith(
    'set',
    ['X-A', '1'],
    [{ 'X-A': '1', 'X-B': ['2'] }],
    ['Content-Type', 'a/b'],
    ['Transfer-Encoding', 'chunked'],
  ),
  callsWith('append', ['X-A', '2'], ['Set-Cookie', ['a=1', 'b=2']]),
  callsWith('remove', ['X-A'], ['Content-Type'], ['Content-Length']),
  callsWith('redirect', ['/there'], ['back', '/there']),
  callsWith('attachment', [], ['a.txt']),
  callsWith('vary', ['Accept']),
  waits,
);

/** What sends something by itself. */
export const sendingCommand: fc.Arbitrary<Command> = fc.oneof(
  callsWith('flushHeaders', []),
  callsWith('onerror', [null]),
);
