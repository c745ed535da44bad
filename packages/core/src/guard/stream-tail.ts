import type { Exchange } from '../exchange.ts';
import type { FallbackMetadata } from '../metadata.ts';
import { type StreamFormat, streamFormatOf } from '../replies/stream-format.ts';

/**
 * `undefined` where the format has no place for last words, the body is encoded, or its length was promised: then a broken body
 * is the only honest end.
 */
export function streamFormat(exchange: Exchange): StreamFormat | undefined {
  const format = streamFormatOf(exchange.header('content-type'));
  if (format === undefined) return undefined;
  const isFixed = exchange.header('content-length') !== undefined || exchange.header('content-encoding') !== undefined;
  return isFixed ? undefined : format;
}

/** Ends an event, by any of the ends of a line that an event stream may have (HTML, 9.2.5). */
const blankLine = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)$/;

/**
 * The last bytes of a stream that is cut, after those that were `sent`: an event, or a line, that says so. An event that stands
 * half written before it is ended under a name of its own, since under its own it would be taken for whole.
 */
export function streamTail(format: StreamFormat, metadata: FallbackMetadata, sent: string): string {
  const said = JSON.stringify({ metadata });
  const isLineEnded = sent === '' || /[\r\n]$/.test(sent);
  const newLine = isLineEnded ? '' : '\n';
  if (format === 'lines') return `${newLine}${said}\n`;
  const half = sent === '' || blankLine.test(sent) ? '' : `${newLine}event: brownout-partial\n\n`;
  return `${half}event: brownout\ndata: ${said}\n\n`;
}
