import { describe, expect, it } from 'vitest';
import { isCredential, readHeaderParts } from './header-parts.ts';

describe('readHeaderParts', () => {
  it('finds each part whatever the case of its name, again and again', () => {
    const raw = [
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
      'Via',
      'g',
    ];
    for (let times = 0; times < 2; times++) {
      expect(readHeaderParts(raw)).toEqual({
        origin: ['a,', '', 'd,', ''],
        negotiation: ['b,c,', ''],
        credentials: ['cookie', 'f', 'x-token', 'e'],
      });
    }
  });

  it('knows a credential by a name that it has no room to remember', () => {
    for (let i = 0; i < 2000; i++) readHeaderParts([`x-${i}`, '']);
    for (let times = 0; times < 2; times++) {
      expect(readHeaderParts(['X-New-Token', 'a']).credentials).toEqual(['x-new-token', 'a']);
      expect(readHeaderParts(['X-New', 'a']).credentials).toEqual([]);
    }
  });

  it('passes over a name without a value', () => {
    expect(readHeaderParts(['Cookie']).credentials).toEqual([]);
  });
});

describe('isCredential', () => {
  it.each(['x-user-agent-token', 'sec-websocket-key', 'x-monkey'])('takes %s for one', (name) => {
    expect(isCredential(name)).toBe(true);
  });

  it.each(['user-agent', 'accept', 'x-forwarded-for', ':authority', 'host', 'via'])('takes %s for none', (name) => {
    expect(isCredential(name)).toBe(false);
  });
});
