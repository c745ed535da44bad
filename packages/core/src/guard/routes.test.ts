import { describe, expect, it } from 'vitest';
import { RouteTable } from './routes.ts';

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
