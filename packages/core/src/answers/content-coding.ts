import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

/** The codings of a body in the order in which they were applied, in lower case; none for `identity`. */
export function contentCodings(contentEncoding: string | string[] | undefined): readonly string[] {
  if (contentEncoding === undefined) return [];
  return String(contentEncoding)
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
}

/**
 * Whether a client takes all these codings (RFC 9110 §12.5.3). Without `Accept-Encoding` it takes none: the RFC would allow any, but
 * such clients often cannot decode.
 */
export function acceptsCodings(acceptEncoding: string | undefined, codings: readonly string[]): boolean {
  if (codings.length === 0) return true;
  const weights = new Map<string, number>();
  for (const part of (acceptEncoding ?? '').toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const weight = parameters.find((parameter) => /^q\s*=/.test(parameter))?.replace(/^q\s*=\s*/, '');
    if (name !== '') weights.set(common(name), weight === undefined ? 1 : Number(weight));
  }
  return codings.every((coding) => (weights.get(common(coding)) ?? weights.get('*') ?? 0) > 0);
}

/** Whether `decoded` knows all these codings. */
export const canDecode = (codings: readonly string[]): boolean =>
  codings.every((coding) => decoders.has(common(coding)));

/** The body without its codings; `undefined` when one is unknown, the body is broken, or it would be over `maxBytes`. */
export function decoded(body: Uint8Array, codings: readonly string[], maxBytes: number): Uint8Array | undefined {
  if (codings.length > MOST_CODINGS) return undefined;
  let plain = body;
  for (const coding of codings.toReversed()) {
    const decode = decoders.get(common(coding));
    if (decode === undefined) return undefined;
    try {
      plain = decode(plain, { maxOutputLength: maxBytes });
    } catch {
      return undefined;
    }
  }
  return plain;
}

const MOST_CODINGS = 3;

type Decode = (body: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

const decoders: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', gunzipSync],
  ['br', brotliDecompressSync],
  // RFC 9110 §8.4.1.2: some send the deflate data without its zlib wrapper, whose first byte names method 8.
  ['deflate', (body, options) => ((body[0]! & 0x0f) === 8 ? inflateSync : inflateRawSync)(body, options)],
]);

/** RFC 9110 §8.4.1.3: `x-gzip` is `gzip`. */
const common = (coding: string) => (coding === 'x-gzip' ? 'gzip' : coding);
