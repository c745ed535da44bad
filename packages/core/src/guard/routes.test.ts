import { describe, expect, it } from 'vitest';
import { LearnedRoutes, RouteTable } from './routes.ts';

describe('RouteTable', () => {
  it('finds the first row whose method and pattern match', () => {
    const table = new RouteTable<string>();
    table.add('POST /ask', 'ask');
    table.add('GET /users/:id', 'user');
    table.add('/files/*path', 'files');
    expect(table.find('POST', '/ask')).toBe('ask');
    expect(table.find('POST', '/ASK/')).toBe('ask');
    expect(table.find('GET', '/ask')).toBeUndefined();
    expect(table.find('HEAD', '/users/1')).toBe('user');
    expect(table.find('GET', '/users/1/posts')).toBeUndefined();
    expect(table.find('DELETE', '/files/a/b')).toBe('files');
  });
});

describe('LearnedRoutes', () => {
  it('prefers an exact path to a pattern, and the more literal pattern', () => {
    const routes = new LearnedRoutes<string>();
    routes.learnPattern('GET', '/files/*path', 'all files');
    routes.learnPattern('GET', '/animals/:id', 'any');
    routes.learnPattern('GET', '/users/:id', 'user');
    expect(routes.find('GET', '/users/7')).toBe('user');
    expect(routes.find('GET', '/animals/7')).toBe('any');
    expect(routes.find('GET', '/files/a/b')).toBe('all files');
    expect(routes.find('POST', '/users/7')).toBeUndefined();
    routes.learnPath('GET', '/users/me', 'me');
    expect(routes.find('GET', '/users/me')).toBe('me');
    expect(routes.find('GET', '/users/you')).toBe('user');
  });

  it.each(['/*rest', '*', '/:slug', '/:a/:b', 'RegExp(/users/)', '/a(b)?', '/\\d+/'])(
    'keeps no pattern for %s: it would claim paths that it never answered',
    (pattern) => {
      const routes = new LearnedRoutes<string>();
      routes.learnPattern('GET', pattern, 'x');
      expect(routes.find('GET', '/anything')).toBeUndefined();
    },
  );
});
