import { describe, expect, it } from 'vitest';
import { hasLiteral, LearnedRoutes } from './learned-routes.ts';

describe('LearnedRoutes', () => {
  it('has claims on a path by pattern, the more literal first', () => {
    const routes = new LearnedRoutes<string>();
    const learn = (pattern: string) => routes.learnPattern('GET', pattern, pattern);
    for (const pattern of [
      '/*all',
      '/:a/:b',
      '/files/*path',
      '/users/:id',
      '/users/me',
      '/users/:id{.:format}',
      '/:lang/docs',
    ]) {
      expect(learn(pattern)).toBe(true);
    }
    expect(routes.claims('GET', '/users/me')).toEqual([
      '/users/me',
      '/users/:id{.:format}',
      '/users/:id',
      '/:a/:b',
      '/*all',
    ]);
    expect(routes.claims('GET', '/USERS/7/')).toEqual(['/users/:id{.:format}', '/users/:id', '/:a/:b', '/*all']);
    expect(routes.claims('GET', '/files/docs')).toEqual(['/files/*path', '/:lang/docs', '/:a/:b', '/*all']);
    expect(routes.claims('GET', '/files/a/b')).toEqual(['/files/*path', '/*all']);
    expect(routes.claims('GET', '/a/b/c')).toEqual(['/*all']);
    expect(routes.claims('POST', '/users/7')).toEqual([]);
  });

  it('finds what stands at the root, and what has an optional part in its first segment', () => {
    const routes = new LearnedRoutes<string>();
    routes.learnPattern('GET', '/', 'root');
    routes.learnPattern('GET', '/{:page}', 'page');
    routes.learnPattern('GET', '/a{/:b}', 'a');
    expect(routes.claims('GET', '/')).toEqual(['root', 'page']);
    expect(routes.claims('GET', '/x')).toEqual(['page']);
    expect(routes.claims('GET', '/a')).toEqual(['page', 'a']);
    expect(routes.claims('GET', '/a/7')).toEqual(['a']);
  });

  it.each(['*', 'RegExp(/users/)', '/a(b)?', '/\\d+/(x)', '/a, /b/:c', '/api/RegExp(/x/)'])(
    'has no claim by %s, which is none of its grammar',
    (pattern) => {
      const routes = new LearnedRoutes<string>();
      expect(routes.learnPattern('GET', pattern, 'x')).toBe(false);
      expect(routes.claims('GET', '/a')).toEqual([]);
    },
  );

  it('finds one of five hundred patterns without trying them all', () => {
    const routes = new LearnedRoutes<number>();
    let tried = 0;
    const { exec } = RegExp.prototype;
    for (let n = 0; n < 500; n++) routes.learnPattern('GET', `/api/v1/things-${n}/:id/parts/:part`, n);
    RegExp.prototype.exec = function (text) {
      tried++;
      return exec.call(this, text);
    };
    try {
      expect(routes.claims('GET', '/api/v1/things-499/7/parts/3')).toEqual([499]);
    } finally {
      RegExp.prototype.exec = exec;
    }
    expect(tried).toBeLessThan(10);
  });

  it('remembers paths, the last two thousand, and none that is very long', () => {
    const routes = new LearnedRoutes<string>();
    routes.learnPath('GET', '/a', 'a');
    routes.learnPath('GET', '/b', undefined);
    routes.learnPath('GET', `/${'x'.repeat(2_000)}`, 'long');
    expect(routes.recall('GET', '/a')).toMatchObject({ route: 'a' });
    expect(routes.recall('GET', '/b')).toMatchObject({ route: undefined });
    expect(routes.recall('GET', '/c')).toBeUndefined();
    expect(routes.recall('POST', '/a')).toBeUndefined();
    expect(routes.recall('GET', `/${'x'.repeat(2_000)}`)).toBeUndefined();
    for (let n = 0; n < 2_000; n++) routes.learnPath('GET', `/n/${n}`, 'n');
    expect(routes.recall('GET', '/a')).toBeUndefined();
  });
});

describe('hasLiteral', () => {
  it.each(['/users/:id', '/:lang/docs', '/files/*path', '/a{/:b}', '/{:lang{-:land}/}docs'])(
    'is true of %s',
    (pattern) => {
      expect(hasLiteral(pattern)).toBe(true);
    },
  );

  it.each(['/', '/:slug', '/*rest', '/:a/:b', '/{:a}', '/:a{.json}', ''])('is false of "%s"', (pattern) => {
    expect(hasLiteral(pattern)).toBe(false);
  });
});
