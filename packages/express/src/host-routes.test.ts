import { describe, expect, it } from 'vitest';
import { hostRoutes } from './host-routes.ts';

describe('hostRoutes', () => {
  it.each<[string, object]>([
    ['has no router', {}],
    ['has a router of another make', { router: { stack: [{}] } }],
    [
      'throws for its router',
      {
        get router() {
          throw new Error('deprecated');
        },
      },
    ],
  ])('tells nothing of an application that %s', (_, application) => {
    expect(hostRoutes(application, 'GET', '/a', '')).toBeUndefined();
  });

  it('takes a layer that cannot decode a path for one that does not match', () => {
    const undecodable = {
      route: { path: '/:id', methods: { get: true } },
      match: () => {
        throw new URIError('malformed');
      },
    };
    const route = { path: '/a', methods: { get: true } };
    const stack = [undecodable, { route, match: (path: string) => path === '/%' }];
    expect(hostRoutes({ router: { stack } }, 'GET', '/%', '')).toEqual([{ registration: route, mount: '' }]);
  });
});
