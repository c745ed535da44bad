import { describe, expect, it } from 'vitest';
import { isWholeStream, streamFormatOf } from './stream-format.ts';

const isWhole = (format: 'events' | 'lines', body: string) => isWholeStream(format, Buffer.from(body));

describe('streamFormatOf', () => {
  it.each([
    ['text/event-stream', 'events'],
    ['Text/Event-Stream;charset=utf-8', 'events'],
    ['application/x-ndjson', 'lines'],
    ['application/jsonl ; x=1', 'lines'],
    ['text/plain', undefined],
    [['text/event-stream', 'text/plain'], undefined],
    [undefined, undefined],
  ])('knows %s as %s', (type, format) => {
    expect(streamFormatOf(type)).toBe(format);
  });
});

describe('isWholeStream', () => {
  it.each([
    '',
    'data: 1\n\n',
    'data: 1\r\n\r\n',
    'data: 1\r\rdata: [DONE]\r\r',
    ': a comment\n\n\n',
    'event: error\ndata: 1\n\ndata: 2\n\n',
  ])('takes the events %j for whole', (body) => expect(isWhole('events', body)).toBe(true));

  it.each([
    'data: 1',
    'data: 1\n',
    'data: 1\r\n',
    'data: 1\n\ndata: 2\n',
    'data: 1\n\nevent: error\ndata: {}\n\n',
    'event:error\r\ndata: 1\r\n\r\n',
  ])('does not take the events %j for whole', (body) => expect(isWhole('events', body)).toBe(false));

  it.each(['', '{"a":1}\n', '{"a":1}\n{"b":2}', '1'])('takes the lines %j for whole', (body) => {
    expect(isWhole('lines', body)).toBe(true);
  });

  it.each(['{"a":1}\n{"b":', '{'])('does not take the lines %j for whole', (body) => {
    expect(isWhole('lines', body)).toBe(false);
  });
});
