/** One answer as a strict client reads it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  /** Whether all of it is there, and says so: one that only the end of the connection ends does not. */
  readonly whole: boolean;
}

/** Reads the answers that stand on a wire, those with 1xx aside; throws when something stands there that is none. */
export function answersOn(wire: string, methods: readonly string[]): Answer[] {
  const answers: Answer[] = [];
  let left = wire;
  while (left !== '') {
    const [read, rest] = answerFrom(left, methods[answers.length] ?? 'GET');
    if (read.status >= 200) answers.push(read);
    left = rest;
  }
  return answers;
}

function answerFrom(wire: string, method: string): [Answer, string] {
  const end = wire.indexOf('\r\n\r\n');
  const [line, ...fields] = wire.slice(0, end).split('\r\n') as [string, ...string[]];
  const status = Number(/^HTTP\/1\.1 (\d{3}) [^\r\n]*$/.exec(line)?.[1]);
  if (end === -1 || Number.isNaN(status))
    throw new Error(`No answer stands here: ${JSON.stringify(wire.slice(0, 200))}`);
  const headers: Record<string, string[]> = {};
  for (const field of fields) {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+): ?(.*)$/.exec(field) ?? [];
    if (name === undefined) throw new Error(`No header: ${JSON.stringify(field)}`);
    headers[name.toLowerCase()] = [...(headers[name.toLowerCase()] ?? []), value!];
  }
  const [body, rest, whole] = bodyFrom(wire.slice(end + 4), method, status, headers);
  return [{ status, headers, body, whole }, rest];
}

function bodyFrom(
  wire: string,
  method: string,
  status: number,
  headers: Readonly<Record<string, string[]>>,
): [body: string, rest: string, whole: boolean] {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return ['', wire, true];
  if (headers['transfer-encoding']?.includes('chunked')) return chunksFrom(wire);
  const [first, ...others] = headers['content-length'] ?? [];
  if (first === undefined || others.some((other) => other !== first)) return [wire, '', false];
  const size = Number(first);
  return [wire.slice(0, size), wire.slice(size), wire.length >= size];
}

function chunksFrom(wire: string): [body: string, rest: string, whole: boolean] {
  let body = '';
  let left = wire;
  for (;;) {
    const [line, size] = /^([\da-f]+)\r\n/.exec(left) ?? [];
    if (line === undefined) return [body, '', false];
    const length = Number.parseInt(size!, 16);
    left = left.slice(line.length);
    if (length === 0) {
      const trailers = /^(?:[^\r\n]+\r\n)*\r\n/.exec(left);
      return [body, left.slice(trailers?.[0].length ?? left.length), trailers !== null];
    }
    body += left.slice(0, length);
    if (left.length < length + 2) return [body, '', false];
    left = left.slice(length + 2);
  }
}
