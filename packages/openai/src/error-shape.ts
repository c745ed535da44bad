/** An error as it is read here. The SDK's are told by their shape: their `name` is "Error", and two copies of a class differ. */
export interface ErrorShape {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly stack?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly statusCode?: unknown;
  readonly cause?: unknown;
}

/** Whether it has the members of the SDK's `APIError`: `request_id` in v4, `requestID` since. */
export function isApiError(error: ErrorShape): boolean {
  return 'headers' in error && 'error' in error && ('requestID' in error || 'request_id' in error);
}

/** Whether it was thrown in the SDK's own code, which then read what was no answer. Not seen when the SDK was bundled. */
export function isFromSdk({ stack }: ErrorShape): boolean {
  return (
    typeof stack === 'string' &&
    /\n\s+at [^\n]*[\\/]node_modules[\\/]openai[\\/]/.test(stack.slice(0, stack.indexOf('\n', stack.indexOf('\n') + 1)))
  );
}

/** A connection that could not be had, by the words of the SDK and of `fetch`; why is in `cause`. */
export function isConnectionError({ message }: ErrorShape): boolean {
  return message === 'Connection error.' || message === 'fetch failed';
}

const connectionCodes = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'EPROTO',
  'ERR_STREAM_PREMATURE_CLOSE', // node-fetch's, which v4 brings
]);

/** What Node, undici and node-fetch say, in `code`, of a connection. */
export function kindOfConnectionCode({ code }: ErrorShape): 'timeout' | 'connection' | undefined {
  if (typeof code !== 'string') return undefined;
  if (code === 'ETIMEDOUT' || /^UND_ERR_\w+_TIMEOUT$/.test(code)) return 'timeout';
  return connectionCodes.has(code) || code.startsWith('UND_ERR_') ? 'connection' : undefined;
}
