import type { ReplyHeaders } from '../reply.ts';

/** Hop-by-hop (RFC 9110 §7.6.1), belonging to one message (length, date, age, cookies, limits), or set by whoever serves it. */
const dropped = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'authentication-info',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'date',
  'age',
  'cache-status',
  'set-cookie',
  'retry-after',
  'traceparent',
  'tracestate',
  'traceresponse',
  'baggage',
  'b3',
  'server-timing',
  'x-response-time',
  'x-runtime',
  // no name of a header's: it would make a prototype of its value
  '__proto__',
]);
/** `X-Request-Id`, `X-Correlation-Id`, `X-Amzn-Trace-Id`, `X-B3-SpanId`, `RateLimit-Remaining`, `X-RateLimit-Reset`, … */
const ofOneRequest = /(?:request|correlation|trace|span|transaction)[-_]?id$|^x-b3-|^(?:x-)?rate-?limit/;

/** What of an answer's headers is stored: all but those of one connection or one request. */
export function keptHeaders(headers: Readonly<Record<string, string | string[]>>): ReplyHeaders {
  const connection = headers.connection;
  const named =
    connection === undefined
      ? undefined
      : String(connection)
          .toLowerCase()
          .split(/[\s,]+/);
  const kept: ReplyHeaders = {};
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || dropped.has(name) || ofOneRequest.test(name) || named?.includes(name)) continue;
    kept[name] = typeof value === 'string' ? value : Array.isArray(value) ? value.map(String) : String(value);
  }
  return kept;
}
