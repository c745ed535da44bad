import { describe, expect, it } from 'vitest';
import { takenHeaders } from './taken-headers.ts';

interface Received {
  rawHeaders: string[];
  headers: Record<string, string | string[] | undefined>;
}

/** As Node parses them. */
function received(...rawHeaders: string[]): Received {
  const headers: Received['headers'] = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    const value = rawHeaders[i + 1]!;
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return { rawHeaders, headers };
}

describe('takenHeaders', () => {
  it('is what came, in a copy', () => {
    const message = received('Host', 'a', 'X-B', 'c', 'User-Agent', '');
    const taken = takenHeaders(message);
    expect(taken).toEqual(['Host', 'a', 'X-B', 'c', 'User-Agent', '']);
    message.rawHeaders.splice(2, 2);
    expect(taken).toHaveLength(6);
  });

  it('has what earlier middleware added or changed', () => {
    const message = received('Host', 'a', 'X-User', 'client', 'Via', 'b', 'Via', 'c');
    message.headers['x-user'] = 'proved';
    message.headers['x-role'] = 'admin';
    message.headers['x-list'] = ['1', '2'];
    message.headers['x-number'] = 1 as never;
    expect(takenHeaders(message)).toEqual([
      ...['Host', 'a', 'X-User', 'client', 'Via', 'b', 'Via', 'c', 'x-user', 'proved', 'via', 'b, c'],
      ...['x-role', 'admin', 'x-list', '1', 'x-list', '2', 'x-number', '1'],
    ]);
  });

  it('is the same whatever was taken away', () => {
    const message = received('Host', 'a', 'X-User', 'b', 'Via', 'c');
    delete message.headers['x-user'];
    expect(takenHeaders(message)).toEqual(message.rawHeaders);
  });

  it('is the parsed headers, where there are no others', () => {
    expect(takenHeaders({ rawHeaders: [], headers: { a: 'b', c: undefined } })).toEqual(['a', 'b']);
  });
});
