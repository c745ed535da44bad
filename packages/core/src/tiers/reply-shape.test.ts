import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { normalHeaders, replyProblem } from './reply-shape.ts';

describe('replyProblem', () => {
  it('has none with what can be sent', () => {
    const bodies = ['', 'text', Buffer.from('bytes'), {}, { a: 1 }, Object.create(null)];
    for (const body of bodies) expect(replyProblem({ body })).toBeUndefined();
    expect(
      replyProblem({ status: 599, headers: { 'set-cookie': ['a', 'b'], 'retry-after': 5 }, body: '' }),
    ).toBeUndefined();
  });

  it('has none with objects of another realm, as test runners make them', () => {
    expect(replyProblem(runInNewContext('({ headers: { a: "b" }, body: { c: 1 } })'))).toBeUndefined();
    expect(replyProblem({ body: runInNewContext('new Uint8Array(3)') })).toBeUndefined();
  });

  it('names the part that is wrong', () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    for (const [reply, problem] of [
      ['text', 'an object with a `body`'],
      [{}, '`body`'],
      [{ body: [] }, '`body`'],
      [{ body: circular }, 'circular'],
      [{ body: { toJSON: () => 'x' } }, '`toJSON`'],
      [{ body: '', status: 199 }, '`status`'],
      [{ body: '', status: 600 }, '`status`'],
      [{ body: '', status: 200.5 }, '`status`'],
      [{ body: '', level: '' }, '`level`'],
      [{ body: '', cachedAt: Number.NaN }, '`cachedAt`'],
      [{ body: '', headers: { 'x-ä': '1' } }, '"x-ä"'],
      [{ body: '', headers: { '': '1' } }, 'no name'],
      [{ body: '', headers: { 'x-a': 'a\r\nset-cookie: b' } }, '`x-a`'],
      [{ body: '', headers: { 'x-a': '→' } }, '`x-a`'],
      [{ body: '', headers: { 'x-a': ['ok', {}] } }, '`x-a`'],
    ] as const)
      expect(replyProblem(reply)).toContain(problem);
  });
});

describe('normalHeaders', () => {
  it('is the same object when there is nothing to do', () => {
    const headers = { 'content-type': 'text/plain', 'set-cookie': ['a'] };
    expect(normalHeaders(headers)).toBe(headers);
  });

  it('has lower-case names, strings, and nothing of framing', () => {
    const headers = { 'X-A': 1, 'x-b': undefined, 'Content-Length': '7', connection: 'close', 'X-C': [2] };
    expect(normalHeaders(headers as never)).toEqual({ 'x-a': '1', 'x-c': ['2'] });
  });
});
