import { describe, expect, it } from 'vitest';
import { Circuit } from '../circuit/circuit.ts';
import type { CircuitOptions } from '../circuit/circuit-options.ts';
import type { Exchange, Lineup } from '../exchange.ts';
import { Admission } from './admission.ts';
import { RouteCircuits } from './route-circuits.ts';

const application = {};

interface Asked {
  readonly method?: string;
  readonly route?: string | undefined;
  readonly lineup?: (path: string) => Lineup | undefined;
  readonly application?: object;
}

/** As much of an exchange as it takes to say where a request leads. */
function to(
  path: string,
  { method = 'GET', route, lineup = () => undefined, application: of = application }: Asked = {},
) {
  const request = { method, path };
  return { request, route, routedPath: path, mountPoint: '', application: of, lineup } as unknown as Exchange;
}

const routes = (...patterns: string[]): Lineup => ({ routes: patterns, mounts: [] });

function circuits(options: CircuitOptions = {}) {
  const made: string[] = [];
  const source = new RouteCircuits((name) => {
    made.push(name);
    return new Circuit(name, { failureThreshold: 1, ...options });
  }, 'enforce');
  return {
    source,
    made,
    /** A request that was led to a route, by its whole way. */
    reach: (path: string, route: string | undefined, status = 200, asked: Asked = {}) =>
      source.reached(to(path, { ...asked, route }), source.guess(to(path, asked)), status)!,
    guessed: (path: string, asked?: Asked) => source.guess(to(path, asked))?.name,
  };
}

describe('RouteCircuits', () => {
  it('guesses by pattern, by exact path, and by nothing', () => {
    const { reach, guessed } = circuits();
    reach('/users/1', '/users/:id');
    expect(guessed('/users/2')).toBe('GET /users/:id');
    expect(guessed('/users/2', { method: 'HEAD' })).toBe('GET /users/:id');
    expect(guessed('/users/2', { method: 'POST' })).toBeUndefined();
    reach('/users/me', '/me, /users/me');
    expect(guessed('/users/me')).toBe('GET /me, /users/me');
    expect(guessed('/others')).toBeUndefined();
  });

  it('makes no circuit and keeps nothing of ten thousand paths that nobody answers', () => {
    const { source, made } = circuits();
    for (let n = 0; n < 10_000; n++) {
      const exchange = to(`/nowhere/${n}`);
      expect(source.reached(exchange, source.guess(exchange), 404)).toBeUndefined();
    }
    expect(made).toEqual([]);
  });

  it('has one circuit for all routes beyond the thousandth, and refuses none for it', () => {
    const { made, reach, guessed } = circuits();
    for (let n = 0; n < 1_010; n++) reach(`/${n}/x`, `/${n}/:x`);
    expect(made).toHaveLength(1_001);
    expect(made.at(-1)).toBe('ANY /*');
    expect(guessed('/1009/x')).toBe('ANY /*');
    expect(guessed('/1009/y')).toBeUndefined();
  });

  it('refuses no unseen path for a pattern that is not distinct, where the router cannot be asked', () => {
    const { reach, guessed } = circuits();
    reach('/a', '/:slug').forceOpen();
    reach('/users/1', '/users/:id').forceOpen();
    expect(guessed('/b')).toBeUndefined();
    expect(guessed('/users/2')).toBe('GET /users/:id');
  });

  it('refuses an unseen path for the only route that has answered one with the same routes', () => {
    const { reach, guessed } = circuits();
    const lineup = (path: string) => (path === '/users/me' ? routes('/users/me', '/users/:id') : routes('/users/:id'));
    reach('/users/1', '/users/:id', 200, { lineup }).forceOpen();
    expect(guessed('/users/2', { lineup })).toBe('GET /users/:id');
    expect(guessed('/users/me', { lineup })).toBeUndefined();
    reach('/users/me', '/users/:id', 200, { lineup }); // the route before it passed on
    expect(guessed('/users/me', { lineup })).toBe('GET /users/:id');
  });

  it('refuses no unseen path where two routes have answered paths with the same routes by turns', () => {
    const { reach, guessed } = circuits();
    const lineup = () => routes('/a/:x', '/a/:y');
    reach('/a/1', '/a/:y', 200, { lineup });
    reach('/a/2', '/a/:x', 200, { lineup }).forceOpen();
    expect(guessed('/a/3', { lineup })).toBeUndefined();
    expect(guessed('/a/2', { lineup })).toBe('GET /a/:x');
  });

  it('refuses for a distinct route that the router hides, unless others show', () => {
    const { reach, guessed } = circuits();
    const lineup = (path: string) => routes(...(path === '/hidden/me' ? ['/hidden/me'] : []));
    reach('/hidden/1', '/hidden/:id', 200, { lineup }).forceOpen();
    expect(guessed('/hidden/2', { lineup })).toBe('GET /hidden/:id');
    expect(guessed('/hidden/me', { lineup })).toBeUndefined();
  });

  it('refuses nothing for the mount that a route may answer', () => {
    const { reach, guessed } = circuits();
    const lineup = (path: string) => routes(...(path === '/route' ? ['/route'] : []));
    reach('/file', undefined, 200, { lineup }).forceOpen();
    reach('/route', undefined, 500, { lineup });
    expect(guessed('/file', { lineup })).toBe('ANY /*');
    expect(guessed('/route', { lineup })).toBeUndefined();
    expect(guessed('/other', { lineup })).toBeUndefined();
  });

  it('refuses for the mount only what has failed itself, and lets the rest probe where nobody does', () => {
    let now = 0;
    const clock = { now: () => now, wall: () => now };
    const { source, guessed } = circuits({
      clock,
      resetTimeoutMs: 100,
      jitter: 0,
      successThreshold: 1,
      slowCallMs: 50,
      slowCallRateThreshold: 0.5,
      minimumCalls: 4,
    });
    const asks = (path: string, status: number, tookMs = 1) => {
      const admission = new Admission(source, to(path));
      admission.guess();
      expect(admission.admit()).toBeUndefined();
      const circuit = admission.reach(status)!;
      admission.settle(status < 500 ? 'success' : 'failure', tookMs);
      return circuit;
    };
    const circuit = asks('/logo.svg', 200);
    asks('/chat', 500);
    expect(circuit.state).toBe('open');
    expect([guessed('/logo.svg'), guessed('/chat'), guessed('/other')]).toEqual([undefined, 'ANY /*', undefined]);
    circuit.forceOpen();
    expect(guessed('/logo.svg')).toBe('ANY /*');
    circuit.clearOverride();

    asks('/logo.svg', 500); // alone while the circuit is open
    expect(guessed('/logo.svg')).toBe('ANY /*');
    asks('/page', 200);
    expect(guessed('/page')).toBeUndefined();

    now = 100;
    const probe = circuit.admit();
    expect([guessed('/page'), guessed('/chat')]).toEqual([undefined, 'ANY /*']);
    if (probe.admitted) probe.ignore();
    asks('/page', 200);
    expect(circuit.state).toBe('closed');
    asks('/chat', 200);
    asks('/logo.svg', 200);

    for (let call = 0; call < 2; call++) asks('/page', 200, 60);
    expect(circuit.state).toBe('open');
    expect([guessed('/page'), guessed('/chat')]).toEqual(['ANY /*', undefined]);
  });

  it('refuses no file for a route that has answered none, and nothing unseen once middleware has answered for it', () => {
    const { reach, guessed } = circuits();
    const lineup = () => routes('/:page');
    const circuit = reach('/a', '/:page', 200, { lineup });
    circuit.forceOpen();
    expect(guessed('/b', { lineup })).toBe('GET /:page');
    expect(guessed('/logo.svg', { lineup })).toBeUndefined();
    circuit.clearOverride();
    reach('/about', undefined, 200, { lineup });
    circuit.forceOpen();
    expect(guessed('/c', { lineup })).toBeUndefined();
    expect(guessed('/a', { lineup })).toBe('GET /:page');
  });

  it('counts nothing on a route whose pattern nobody can tell, and has it found out', () => {
    const { source, made, reach, guessed } = circuits();
    reach('/users/1', '/users/:id');
    const guess = source.guess(to('/users/me'));
    expect(source.reached(to('/users/me', { route: '' }), guess, 200)).toBeUndefined();
    expect(guessed('/users/me')).toBeUndefined();
    expect(source.expected(to('/users/me'), undefined)).toBeUndefined();
    expect(made).toEqual(['GET /users/:id']);
  });

  it('shares nothing between applications, and finds a name that is free', () => {
    const { reach, guessed } = circuits();
    reach('/a', '/a').forceOpen();
    expect(guessed('/a', { application: {} })).toBeUndefined();
  });

  it('keeps names short and well-formed, and routes apart by their whole patterns', () => {
    const { made, reach } = circuits();
    const long = '/x'.repeat(200);
    expect(reach('/1', `${long}/a`)).not.toBe(reach('/2', `${long}/b`));
    reach('/3', '/\u{D800}');
    expect(made.map((name) => name.length)).toEqual([200, 200, 6]);
    expect(made[2]).toBe('GET /\u{FFFD}');
  });
});
