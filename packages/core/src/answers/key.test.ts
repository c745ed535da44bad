import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerKeys, type KeyMaterial, sortedQuery } from './key.ts';

const keysOf = (more: Partial<KeyMaterial> = {}, headers: Record<string, string> = {}) =>
  new AnswerKeys({
    method: 'GET',
    url: '/a?x=1',
    protocol: 'http',
    headers: ['Host', 'example.com', ...Object.entries(headers).flat()],
    certificate: undefined,
    key: undefined,
    scope: undefined,
    ...more,
  });
const primary = (more?: Partial<KeyMaterial>, headers?: Record<string, string>) => keysOf(more, headers).primary;

describe('AnswerKeys', () => {
  it('is 64 hex digits, the same for the same request', () => {
    expect(primary()).toMatch(/^[0-9a-f]{64}$/);
    expect(primary()).toBe(primary());
  });

  it.each<[string, Partial<KeyMaterial>, Record<string, string>]>([
    ['protocol', { protocol: 'https' }, {}],
    ['host', { headers: ['Host', 'example.org'] }, {}],
    ['X-Forwarded-Host', {}, { 'X-Forwarded-Host': 'a' }],
    ['X-Forwarded-Proto', {}, { 'X-Forwarded-Proto': 'a' }],
    ['X-Forwarded-Prefix', {}, { 'X-Forwarded-Prefix': 'a' }],
    ['method', { method: 'POST' }, {}],
    ['path', { url: '/b?x=1' }, {}],
    ['case of the path', { url: '/A?x=1' }, {}],
    ['query', { url: '/a?x=2' }, {}],
    ['Accept', {}, { Accept: 'text/html' }],
    ['Accept-Language', {}, { 'Accept-Language': 'fr' }],
    ['what `key` returned', { key: '"a"' }, {}],
    ['what `scope` returned', { scope: '"a"' }, {}],
    ['Authorization', {}, { Authorization: 'Bearer a' }],
    ['Cookie', {}, { Cookie: 'a=b' }],
    ['Proxy-Authorization', {}, { 'Proxy-Authorization': 'a' }],
    ['X-Api-Key', {}, { 'X-Api-Key': 'a' }],
    ['X-Access-Token', {}, { 'X-Access-Token': 'a' }],
    ['X-Session-Id', {}, { 'X-Session-Id': 'a' }],
    ['X-User', {}, { 'X-User': 'a' }],
    ['X-Tenant-Id', {}, { 'X-Tenant-Id': 'a' }],
    ['X-Account', {}, { 'X-Account': 'a' }],
    ['X-Goog-Iap-Jwt-Assertion', {}, { 'X-Goog-Iap-Jwt-Assertion': 'a' }],
    ['X-Forwarded-Client-Cert', {}, { 'X-Forwarded-Client-Cert': 'a' }],
    ['X-MS-Client-Principal', {}, { 'X-MS-Client-Principal': 'a' }],
    ['X-Forwarded-Email', {}, { 'X-Forwarded-Email': 'a' }],
    ['X-Amzn-Oidc-Data', {}, { 'X-Amzn-Oidc-Data': 'a' }],
    ['X-SSL-Client-S-DN', {}, { 'X-SSL-Client-S-DN': 'a' }],
    ['a name that nobody knows', {}, { 'X-Whatever': 'a' }],
    ['Forwarded, as to the host', {}, { Forwarded: 'for=1.2.3.4;host=a' }],
    ['Forwarded, as to an extension', {}, { Forwarded: 'for=1.2.3.4;user="a"' }],
    ['X-Requested-With', {}, { 'X-Requested-With': 'XMLHttpRequest' }],
    ['the TLS certificate', { certificate: 'AB:CD' }, {}],
  ])('differs by %s', (_, more, headers) => {
    expect(primary(more, headers)).not.toBe(primary());
  });

  it.each<[string, Partial<KeyMaterial>, Record<string, string>]>([
    ['User-Agent', {}, { 'User-Agent': 'curl' }],
    ['a forwarded User-Agent', {}, { 'X-Original-User-Agent': 'curl' }],
    ['Sec-Fetch-User', {}, { 'Sec-Fetch-User': '?1' }],
    ['X-Request-Id', {}, { 'X-Request-Id': '1' }],
    ['X-Forwarded-For', {}, { 'X-Forwarded-For': '1.2.3.4' }],
    ['Accept-Encoding', {}, { 'Accept-Encoding': 'gzip' }],
    ['Cache-Control', {}, { 'Cache-Control': 'no-cache' }],
    ['Forwarded, as to addresses', {}, { Forwarded: 'for="[2001:db8::1]:80", for=1.2.3.4; by=5.6.7.8' }],
    ['any Accept', {}, { Accept: '*/*', 'Accept-Language': '*' }],
    ['HEAD in place of GET', { method: 'HEAD' }, {}],
    ['the case of names', { headers: ['HOST', 'example.com'] }, {}],
  ])('is the same whatever %s', (_, more, headers) => {
    expect(primary(more, headers)).toBe(primary());
  });

  it('is the same for another order of the query', () => {
    expect(primary({ url: '/a?x=1&y=2' })).toBe(primary({ url: '/a?y=2&x=1' }));
    expect(primary({ url: '/a?x=1&x=2' })).not.toBe(primary({ url: '/a?x=2&x=1' }));
  });

  it('takes :authority for the host, and not for a credential', () => {
    const one = keysOf({ headers: [':authority', 'example.com', ':path', '/a'] });
    expect(one.primary).toBe(primary());
    expect(one.isScoped).toBe(false);
    expect(keysOf({ headers: [':authority', 'example.org'] }).primary).not.toBe(one.primary);
  });

  it('sees through the order of headers, but not of several with one name', () => {
    const of = (...headers: string[]) => primary({ headers });
    expect(of('Cookie', 'a', 'Authorization', 'b')).toBe(of('Authorization', 'b', 'cookie', 'a'));
    expect(of('Cookie', 'a', 'Cookie', 'b')).not.toBe(of('Cookie', 'b', 'Cookie', 'a'));
    expect(of('Cookie', 'a,b')).not.toBe(of('Cookie', 'a', 'Cookie', 'b'));
  });

  it('does not take Accept into account where there is a `key`, nor credentials where there is a `scope`', () => {
    expect(primary({ key: '1' }, { Accept: 'a' })).toBe(primary({ key: '1' }));
    expect(primary({ scope: '1' }, { Cookie: 'a' })).toBe(primary({ scope: '1' }));
    expect(primary({ key: '1' }, { Cookie: 'a' })).not.toBe(primary({ key: '1' }));
  });

  it('never confuses one part with another', () => {
    const part = fc.constantFrom('', 'a', 'b', '"', '\\', ',', '["a"]', '&', '?');
    const material = fc.tuple(part, part, part, part, fc.option(part), fc.option(part));
    const text = (m: unknown) => JSON.stringify(m);
    fc.assert(
      fc.property(material, material, (one, other) => {
        const [first, second] = [one, other].map(([host, path, query, accept, key, scope]) =>
          primary({
            url: `/${encodeURIComponent(path)}?${encodeURIComponent(query)}`,
            headers: ['host', host, 'accept', accept],
            key: key === null ? undefined : JSON.stringify(key),
            scope: scope === null ? undefined : JSON.stringify(scope),
          }),
        );
        // Accept counts only where there is no `key`.
        const plain = (m: typeof one) => text(m[4] === null ? m : m.with(3, ''));
        expect(first === second).toBe(plain(one) === plain(other));
      }),
      { numRuns: 500 },
    );
  });

  it('is scoped by credentials, a certificate or `scope`', () => {
    expect(keysOf().isScoped).toBe(false);
    expect(keysOf({}, { Cookie: 'a' }).isScoped).toBe(true);
    expect(keysOf({ certificate: 'AB' }).isScoped).toBe(true);
    expect(keysOf({ scope: '"all"' }).isScoped).toBe(true);
  });

  it('is for nobody in particular by a header that may be anything', () => {
    expect(keysOf({}, { 'X-Pop': 'fra' }).isScoped).toBe(false);
    expect(keysOf({}, { Forwarded: 'host=a' }).isScoped).toBe(false);
    expect(keysOf({}, { 'X-MS-Client-Principal': 'a' }).isScoped).toBe(true);
  });

  it('has one mark for a path, whatever the method, query and scope', () => {
    const { mark } = keysOf();
    expect(keysOf({ method: 'POST', url: '/a?y=2', key: '1' }, { Cookie: 'a', Accept: 'b' }).mark).toBe(mark);
    expect(keysOf({ url: '/a' }).mark).toBe(mark);
    expect(keysOf({ url: '/b' }).mark).not.toBe(mark);
    expect(keysOf({ headers: ['Host', 'b'] }).mark).not.toBe(mark);
    expect(mark).not.toBe(keysOf().primary);
  });

  it('has a variant for the values of named headers', () => {
    const variant = (headers: Record<string, string>, ...names: string[]) => keysOf({}, headers).variant(names);
    expect(variant({ Origin: 'a' }, 'origin')).toBe(variant({ origin: ' a ' }, 'origin'));
    expect(variant({ Origin: 'a' }, 'origin')).not.toBe(variant({ Origin: 'b' }, 'origin'));
    expect(variant({ Origin: '' }, 'origin')).not.toBe(variant({}, 'origin'));
    expect(variant({}, 'origin')).not.toBe(variant({}, 'dnt'));
  });
});

describe('sortedQuery', () => {
  it.each([
    ['b=1&a=2', 'a=2&b=1'],
    ['a=2&b=1&a=1', 'a=2&a=1&b=1'],
    ['', ''],
    ['a', 'a'],
    ['%62=1&a=2', 'a=2&%62=1'],
    // A parser makes lists and objects of these, in the order in which they come.
    ['a[]=1&a=2', 'a[]=1&a=2'],
    ['a=2&a[]=1', 'a=2&a[]=1'],
    ['a%5B0%5D=2&%61=1', 'a%5B0%5D=2&%61=1'],
    ['a.b=2&a.a=1', 'a.b=2&a.a=1'],
    ['b+c=1&b%20c=0&a=1', 'a=1&b+c=1&b%20c=0'],
    ['%=1&%zz=2&a=1', '%=1&%zz=2&a=1'],
  ])('makes %j into %j', (query, expected) => {
    expect(sortedQuery(query)).toBe(expected);
  });

  it('leaves more parameters than parsers read as they are', () => {
    const many = Array.from({ length: 1001 }, (_, i) => `p${1000 - i}=1`).join('&');
    expect(sortedQuery(many)).toBe(many);
  });
});
