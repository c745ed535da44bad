import { describe, expect, it } from 'vitest';
import { part, readHeaderParts } from './header-parts.ts';

describe('readHeaderParts', () => {
  it('finds each part whatever the case of its name, again and again', () => {
    const headers = [
      'HOST',
      'a',
      'accept',
      'b',
      'Accept',
      'c',
      'X-Forwarded-Proto',
      'd',
      'x-token',
      'e',
      'Cookie',
      'f',
    ];
    for (let times = 0; times < 2; times++) {
      expect(readHeaderParts([...headers, 'Via', 'g'])).toEqual({
        origin: part(part('a')) + part('') + part(part('d')) + part('') + part(''),
        negotiation: part(part('b') + part('c')) + part('') + part(''),
        scope: part('cookie') + part('f') + part('x-token') + part('e'),
        isIdentified: true,
      });
    }
  });

  it('knows a scope by a name that it has no room to remember', () => {
    for (let i = 0; i < 2000; i++) readHeaderParts([`x-${i}`, '']);
    for (let times = 0; times < 2; times++) {
      expect(readHeaderParts(['X-New-Token', 'a'])).toMatchObject({ scope: '11:x-new-token1:a', isIdentified: true });
      expect(readHeaderParts(['X-New', 'a'])).toMatchObject({ scope: '5:x-new1:a', isIdentified: false });
      expect(readHeaderParts(['X-New-Request-Id', 'a'])).toMatchObject({ scope: '' });
    }
  });

  it('takes of Forwarded what is no address, in no time', () => {
    const of = (value: string) => readHeaderParts(['Forwarded', value]);
    expect(of('for=1;by=2, for="[::1]:3"')).toEqual(readHeaderParts([]));
    expect(of('For=1; Host=a , for=2;host=a').scope).toBe('');
    expect(of('for=1;host=a').origin).not.toBe(of('for=1;host=b').origin);
    expect(of('for=1;host=a;user=ann').scope).not.toBe('');
    const start = performance.now();
    of(`a${',;'.repeat(50_000)}b`);
    of(`for="${'\\'.repeat(100_000)}`);
    of('for="'.repeat(20_000));
    expect(performance.now() - start).toBeLessThan(500);
  });

  it('passes over a name without a value', () => {
    expect(readHeaderParts(['Cookie']).scope).toBe('');
  });
});
