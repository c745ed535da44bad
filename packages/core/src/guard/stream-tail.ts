import type { Exchange } from '../exchange.ts';
import type { FallbackMetadata } from '../metadata.ts';

/**
 * The last bytes of a stream that is cut: an SSE event, or an NDJSON line, that says so. `undefined` where the format has no
 * place for it, the body is encoded, or its length was promised: then a broken body is the only honest end.
 */
export function streamTail(exchange: Exchange, metadata: FallbackMetadata): string | undefined {
  if (exchange.header('content-length') !== undefined || exchange.header('content-encoding') !== undefined)
    return undefined;
  const type = /^[^;\s]*/.exec(exchange.header('content-type') ?? '')?.[0].toLowerCase();
  const said = JSON.stringify({ metadata });
  if (type === 'text/event-stream') return `\n\nevent: brownout\ndata: ${said}\n\n`;
  if (type === 'application/x-ndjson' || type === 'application/jsonl') return `\n${said}\n`;
  return undefined;
}
