import { isJsonText } from './json-text.ts';

/** Formats of streams whose pieces have an end of their own. */
export type StreamFormat = 'events' | 'lines';

const formats: ReadonlyMap<string, StreamFormat> = new Map([
  ['text/event-stream', 'events'],
  ['application/x-ndjson', 'lines'],
  ['application/jsonl', 'lines'],
]);

/** `undefined` for any other type. */
export function streamFormatOf(contentType: string | string[] | undefined): StreamFormat | undefined {
  return typeof contentType === 'string' ? formats.get(/^[^;\s]*/.exec(contentType)![0].toLowerCase()) : undefined;
}

/**
 * Whether a stream that was ended says nothing else: the last event of one has its blank line and is no `error`, the last line is
 * JSON. What a handler ends when its source has broken is cut in the middle of one, or tells of it.
 */
export function isWholeStream(format: StreamFormat, body: Uint8Array): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (format === 'lines') {
    const last = bytes.subarray(bytes.lastIndexOf('\n') + 1);
    return last.length === 0 || isJsonText(last);
  }
  const text = bytes.toString('latin1').replace(/\r\n?/g, '\n');
  if (text === '') return true;
  const last = text.trimEnd().split('\n\n').at(-1)!;
  return text.endsWith('\n\n') && !/^event: ?error$/m.test(last);
}
