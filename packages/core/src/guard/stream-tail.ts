import type { Exchange } from '../exchange.ts';
import type { FallbackMetadata } from '../metadata.ts';

/** Formats in which a stream can say that it breaks off. */
export type StreamFormat = 'events' | 'lines';

const formats: ReadonlyMap<string, StreamFormat> = new Map([
  ['text/event-stream', 'events'],
  ['application/x-ndjson', 'lines'],
  ['application/jsonl', 'lines'],
]);

/**
 * `undefined` where the format has no place for last words, the body is encoded, or its length was promised: then a broken body
 * is the only honest end.
 */
export function streamFormat(exchange: Exchange): StreamFormat | undefined {
  const type = exchange.header('content-type');
  if (type === undefined) return undefined;
  const format = formats.get(/^[^;\s]*/.exec(type)![0].toLowerCase());
  if (format === undefined) return undefined;
  const isFixed = exchange.header('content-length') !== undefined || exchange.header('content-encoding') !== undefined;
  return isFixed ? undefined : format;
}

/** The last bytes of a stream that is cut: an event, or a line, that says so. What stands half written before it stays apart. */
export function streamTail(format: StreamFormat, metadata: FallbackMetadata): string {
  const said = JSON.stringify({ metadata });
  return format === 'events' ? `\n\nevent: brownout\ndata: ${said}\n\n` : `\n${said}\n`;
}
