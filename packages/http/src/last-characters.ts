/** As many as tell whether a line, and a blank one after it, has ended. */
const most = 4;

/** The last characters of a stream, `before` and after a chunk is written. Bytes stand for themselves: only ends of lines matter. */
export function lastOf(before: string, chunk: unknown, encoding: unknown): string {
  const last = lastOfChunk(chunk, encoding);
  return last.length === most ? last : (before + last).slice(-most);
}

function lastOfChunk(chunk: unknown, encoding: unknown): string {
  if (chunk instanceof Uint8Array) return latin1(chunk);
  if (typeof chunk !== 'string') return '';
  const isText = typeof encoding !== 'string' || /^utf-?8$/i.test(encoding);
  return isText ? chunk.slice(-most) : latin1(Buffer.from(chunk, encoding as 'hex'));
}

function latin1(bytes: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = bytes;
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1', Math.max(0, byteLength - most));
}
