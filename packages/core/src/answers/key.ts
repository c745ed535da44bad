import { hash } from 'node:crypto';
import querystring from 'node:querystring';
import type { RequestView } from '../request-view.ts';
import { type HeaderParts, part, readHeaderParts } from './header-parts.ts';
import { lowerCase } from './taken-headers.ts';

/** What of a request decides which answers it may have. Taken when the request begins: later a handler may have changed it. */
export interface KeyMaterial {
  readonly method: string;
  /** Path and query as the client sent them. */
  readonly url: string;
  readonly protocol: string;
  /** Whose route it is, in a store of this process: whoever asks may name the host of another. */
  readonly application?: string | undefined;
  /** Names and values in turn, by `takenHeaders`. */
  readonly headers: readonly string[];
  /** The fingerprint of the TLS client's certificate. */
  readonly certificate: string | undefined;
  /** What the tier's `key` returned, as canonical JSON. */
  readonly key: string | undefined;
  /** What the tier's `scope` returned, as canonical JSON; `undefined` without the option: then the headers are the scope. */
  readonly scope: string | undefined;
}

/** Query parsers stop counting at a thousand, so that the order decides which of more are seen. */
const MOST_PARAMETERS = 1000;
/** Separates our keys from others in a shared store, and from those of another way to make them. */
const VERSION = 'brownout/2';

/**
 * The keys of one request's answers: each the SHA-256 of a canonical form, 64 hex digits, computed when it is asked for. The parts
 * are those of the caching rules: protocol, host, forwarded host, protocol and prefix, method (HEAD counts as GET), path, query sorted
 * by name, scope, and what `key` returned, or without one `Accept`, `Accept-Language` and `X-Requested-With`.
 */
export class AnswerKeys {
  readonly #material: KeyMaterial;
  #headers: HeaderParts | undefined;
  #primary: string | undefined;
  #variant: { readonly names: string; readonly key: string } | undefined;

  constructor(material: KeyMaterial) {
    this.#material = material;
  }

  /** The key of the answer, or, where answers vary by headers, of the record that names those. */
  get primary(): string {
    this.#primary ??= this.#hashPrimary();
    return this.#primary;
  }

  /** The key of the answer to requests with the same values in these headers (lower case, in order). */
  variant(names: readonly string[]): string {
    const joined = names.join();
    if (this.#variant?.names !== joined) {
      let text = `${VERSION} variant ${this.primary}`;
      for (const name of names) text += part(name) + part(valuesOf(this.#material.headers, name));
      this.#variant = { names: joined, key: sha256(text) };
    }
    return this.#variant.key;
  }

  /** The key of the mark that an unsafe request leaves on its path, for all queries, methods and scopes. */
  get mark(): string {
    const { url } = this.#material;
    return sha256(`${VERSION} mark ${this.#place()} ${part(this.#headerParts().origin)}${part(splitUrl(url).path)}`);
  }

  /**
   * Whether the answer is for somebody in particular, as far as `private` goes: by `scope`, a certificate, or a header that is known to
   * hold an identity. Other headers part the answers, but may be anything.
   */
  get isScoped(): boolean {
    const { scope, certificate } = this.#material;
    return scope !== undefined || certificate !== undefined || this.#headerParts().isIdentified;
  }

  /** Whether nothing of the request may tell who asks, nor what, but for its URL. */
  get isAnonymous(): boolean {
    const { certificate, key } = this.#material;
    return certificate === undefined && key === undefined && this.#headerParts().scope === '';
  }

  /** Whether they were made of such a request, if nothing else differs. */
  isOf({ method, protocol }: RequestView, scope: string | undefined, application: string | undefined): boolean {
    const own = this.#material;
    const isThere = protocol === own.protocol && application === own.application;
    return isThere && method === own.method && scope === own.scope;
  }

  #hashPrimary(): string {
    const { method, url, certificate, key, scope } = this.#material;
    const { path, query } = splitUrl(url);
    const headers = this.#headerParts();
    const who = scope === undefined ? `h${part(certificate)}${part(headers.scope)}` : `s${part(scope)}`;
    const what = key === undefined ? `h${part(headers.negotiation)}` : `k${part(key)}`;
    const where = part(headers.origin) + part(path) + part(sortedQuery(query));
    return sha256(
      `${VERSION} answer ${this.#place()} ${part(method === 'HEAD' ? 'GET' : method)}${where}${who}${what}`,
    );
  }

  #place(): string {
    const { protocol, application } = this.#material;
    return application === undefined ? protocol : `${protocol}#${part(application)}`;
  }

  #headerParts(): HeaderParts {
    this.#headers ??= readHeaderParts(this.#material.headers);
    return this.#headers;
  }
}

/** The query with its parameters sorted by name; those that a parser puts under one name keep their order. */
export function sortedQuery(query: string): string {
  if (!query.includes('&')) return query;
  const parameters = query.split('&');
  if (parameters.length > MOST_PARAMETERS) return query;
  return parameters
    .map((parameter) => ({ parameter, name: rootName(parameter) }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(({ parameter }) => parameter)
    .join('&');
}

/** `a` for `a=1`, `%61=1`, `a[b]=1`, `a[]=1` and `a.b=1`: parsers merge them, and in which order matters. */
function rootName(parameter: string): string {
  const equals = parameter.indexOf('=');
  const name = (equals < 0 ? parameter : parameter.slice(0, equals)).replaceAll('+', ' ');
  return /[^[\].]+/.exec(querystring.unescape(name))?.[0] ?? '';
}

function splitUrl(url: string): { path: string; query: string } {
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}

/** `undefined` without the header. */
function valuesOf(headers: readonly string[], name: string): string | undefined {
  let values: string | undefined;
  for (let i = 0; i + 1 < headers.length; i += 2)
    if (lowerCase(headers[i]!) === name) values = (values ?? '') + part(headers[i + 1]!.trim());
  return values;
}

const sha256 = (text: string): string => hash('sha256', text, 'hex');
