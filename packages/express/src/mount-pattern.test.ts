import { describe, expect, it } from 'vitest';
import { mountPattern } from './mount-pattern.ts';

/** As the mount's own pattern would match. */
const matching = (pattern: RegExp) => (path: string) => pattern.test(path);

describe('mountPattern', () => {
  it.each<[string, Record<string, string | string[]>, string]>([
    ['', {}, ''],
    ['/api', {}, '/api'],
    ['/tenants/42', { tenant: '42' }, '/tenants/:tenant'],
    ['/tenants/c%20d', { tenant: 'c d' }, '/tenants/:tenant'],
    ['/caf%C3%A9/42', { id: '42' }, '/caf%C3%A9/:id'],
    ['/@al', { user: 'al' }, '/@:user'],
    ['/from-to', { from: 'from', to: 'to' }, '/:from-:to'],
    ['/r-m', { from: 'r', to: 'm' }, '/:from-:to'],
    ['/1/1', { a: '1', b: '1' }, '/:b/:a'],
    ['/projects/p', { project: 'p', tenant: 't-elsewhere' }, '/projects/:project'],
    ['/files/a/b/c', { rest: ['a', 'b', 'c'] }, '/files/*rest'],
    ['/%E0%A4%A/x', { id: 'x' }, '/%E0%A4%A/:id'],
    ['/a', { rest: [] }, '/a'],
  ])('puts the names back into %s of %j', (path, params, pattern) => {
    expect(mountPattern(path, params)).toBe(pattern);
  });

  it('tells a parameter from a segment that is written just like its value, where the mount can be asked', () => {
    const docs = matching(/^\/[^/]+\/docs$/);
    expect(mountPattern('/docs/docs', { lang: 'docs' }, docs)).toBe('/:lang/docs');
    expect(mountPattern('/docs/docs', { lang: 'docs' })).toBe('/docs/:lang');
    const both = matching(/^\/a\/[^/]+\/b\/[^/]+$/);
    expect(mountPattern('/a/b/b/c', { x: 'b', y: 'c' }, both)).toBe('/a/:x/b/:y');
  });
});
