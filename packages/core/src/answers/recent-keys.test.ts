import { describe, expect, it } from 'vitest';
import type { RequestView } from '../request-view.ts';
import { Applications } from './applications.ts';
import { AnswerKeys } from './key.ts';
import { RecentKeys } from './recent-keys.ts';
import { takenHeaders } from './taken-headers.ts';

type Given = Partial<Pick<RequestView, 'url' | 'method' | 'protocol' | 'certificate' | 'application'>> & {
  raw?: string[];
  parsed?: Record<string, string | string[]>;
};

function requestOf({ url = '/a', raw = [], parsed = {}, ...rest }: Given = {}): RequestView {
  const rawHeaders = ['Host', 'x', ...raw];
  const headers: Record<string, string | string[]> = {};
  for (let at = 0; at < rawHeaders.length; at += 2) headers[rawHeaders[at]!.toLowerCase()] ??= rawHeaders[at + 1]!;
  return {
    ...{ method: 'GET', protocol: 'http', certificate: undefined, path: url, query: '', body: undefined },
    ...{ queryObject: undefined, native: undefined, url, rawHeaders, headers: { ...headers, ...parsed } },
    ...rest,
  };
}

function keysOf(request: RequestView, scope?: string): AnswerKeys {
  const { method, url, protocol, certificate } = request;
  const headers = takenHeaders(request);
  return new AnswerKeys({
    method,
    url,
    protocol,
    application: idOf(request),
    headers,
    certificate,
    key: undefined,
    scope,
  });
}

const applications = new Applications();
const idOf = ({ application }: RequestView) => application && applications.idOf(application);

/** Whether the keys of one request are found for another; if so, they must be those it would have had. */
function shares(one: RequestView, other: RequestView, scopes: [string?, string?] = []): boolean {
  const recent = new RecentKeys();
  recent.keep(one, keysOf(one, scopes[0]));
  const found = recent.find(other, scopes[1], idOf(other));
  if (found !== undefined) expect(found.primary).toBe(keysOf(other, scopes[1]).primary);
  return found !== undefined;
}

describe('RecentKeys', () => {
  it('are found for a request that is the same in everything', () => {
    const same = () => requestOf({ raw: ['Accept', 'text/html', 'User-Agent', 'a'] });
    expect(shares(same(), same())).toBe(true);
    expect(shares(same(), same(), ['"all"', '"all"'])).toBe(true);
  });

  it.each<[string, Given, Given, [string?, string?]?]>([
    ['another path', {}, { url: '/b' }],
    ['another method', {}, { method: 'HEAD' }],
    ['another protocol', {}, { protocol: 'https' }],
    ['another scope', {}, {}, ['"a"', '"b"']],
    ['another application', { application: {} }, { application: {} }],
    ['a certificate', { protocol: 'https' }, { protocol: 'https', certificate: 'AA:BB' }],
    ['another value', { raw: ['Accept', 'a'] }, { raw: ['Accept', 'b'] }],
    ['one header more', { raw: ['Accept', 'a'] }, { raw: ['Accept', 'a', 'Cookie', 'b'] }],
    ['one header less', { raw: ['Accept', 'a', 'DNT', '1'] }, { raw: ['Accept', 'a'] }],
    ['a repeated header that the parser drops', { raw: ['DNT', '1'] }, { raw: ['Host', 'y'] }],
    ['what earlier middleware has added', {}, { parsed: { 'x-user': '7' } }],
    [
      'what earlier middleware has changed',
      { raw: ['Accept', 'a'] },
      { raw: ['Accept', 'a'], parsed: { accept: 'b' } },
    ],
  ])('are not found for one with %s', (_, one, other, scopes) => {
    expect(shares(requestOf(one), requestOf(other), scopes)).toBe(false);
    expect(shares(requestOf(other), requestOf(one), scopes)).toBe(false);
  });

  it.each<[string, Given]>([
    ['has a query', { url: '/a?q=secret' }],
    ['may tell who asks', { raw: ['Cookie', 'sid=1'] }],
    ['has a header that nobody knows', { raw: ['X-Own', '1'] }],
    ['has a certificate', { certificate: 'AA:BB' }],
    ['was told who asks by earlier middleware', { parsed: { 'x-user': '7' } }],
    ['has lists that others may change', { parsed: { 'user-agent': ['a', 'b'] } }],
  ])('are not remembered of one that %s', (_, given) => {
    expect(shares(requestOf(given), requestOf(given))).toBe(false);
  });

  it('do not change with the request that they were made of', () => {
    const one = requestOf();
    const recent = new RecentKeys();
    recent.keep(one, keysOf(one));
    (one.headers as Record<string, string>)['x-user'] = '7';
    (one.rawHeaders as string[]).push('X-User', '7');
    expect(recent.find(requestOf(), undefined, undefined)).toBeDefined();
    expect(recent.find(one, undefined, undefined)).toBeUndefined();
  });

  it('give way to others of the same path only after a while, and at once where there are too many', () => {
    const recent = new RecentKeys();
    const keep = (given: Given) => recent.keep(requestOf(given), keysOf(requestOf(given)));
    const isKnown = (given: Given) => recent.find(requestOf(given), undefined, undefined) !== undefined;
    keep({});
    const other = { raw: ['Accept', 'other'] };
    for (let miss = 0; miss < 15; miss++) keep(other);
    expect([isKnown({}), isKnown(other)]).toEqual([true, false]);
    keep(other);
    expect([isKnown({}), isKnown(other)]).toEqual([false, true]);
    for (let path = 0; path < 500; path++) keep({ url: `/${path}` });
    expect(isKnown(other)).toBe(false);
  });
});
