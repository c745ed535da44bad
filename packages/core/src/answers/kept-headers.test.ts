import { describe, expect, it } from 'vitest';
import { keptHeaders } from './kept-headers.ts';

describe('keptHeaders', () => {
  it('keeps what describes the content', () => {
    const headers = {
      'content-type': 'application/json',
      'content-language': 'en',
      'content-encoding': 'gzip',
      'cache-control': 'max-age=60',
      etag: 'W/"a"',
      'last-modified': 'Tue, 15 Nov 1994 12:45:26 GMT',
      link: ['<a>', '<b>'],
      vary: 'Accept-Language',
      'x-model': 'gpt',
    };
    expect(keptHeaders(headers)).toEqual(headers);
  });

  it.each([
    'connection',
    'keep-alive',
    'proxy-connection',
    'proxy-authenticate',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'date',
    'age',
    'content-length',
    'set-cookie',
    'x-request-id',
    'x-correlation-id',
    'traceparent',
    'tracestate',
    'request-id',
    'x-amzn-trace-id',
    'x-amzn-requestid',
    'x-b3-spanid',
    'x-transaction-id',
    'ratelimit',
    'ratelimit-policy',
    'x-ratelimit-remaining',
    'x-rate-limit-reset',
    'retry-after',
  ])('drops %s', (name) => {
    expect(keptHeaders({ [name]: '1', 'content-type': 'text/plain' })).toEqual({ 'content-type': 'text/plain' });
  });

  it('drops what Connection names (RFC 9110 §7.6.1)', () => {
    expect(keptHeaders({ connection: 'close, X-Hop', 'x-hop': '1', 'x-hops': '2' })).toEqual({ 'x-hops': '2' });
  });

  it('copies lists, which grow in place', () => {
    const link = ['<a>'];
    const kept = keptHeaders({ link });
    link.push('<b>');
    expect(kept.link).toEqual(['<a>']);
  });
});
