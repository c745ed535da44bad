/** A request as the core sees it, whatever the host. Every field is plain data; reading one has no side effect. */
export interface RequestView<Native = unknown> {
  /** Upper case. */
  readonly method: string;
  /** Path and query as the client sent them, unchanged by mounts: `/api/ask?q=a`. */
  readonly url: string;
  /** The part of `url` before `?`. */
  readonly path: string;
  /** The part of `url` after `?`, undecoded; empty without one. */
  readonly query: string;
  /** As Node parses them: lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Name, value, name, value, … as received. */
  readonly rawHeaders: readonly string[];
  /** `http` or `https`, as the connection is, not as a proxy says. */
  readonly protocol: 'http' | 'https';
  /** SHA-256 fingerprint of the TLS client's certificate, if it sent one. */
  readonly certificate: string | undefined;
  /** The parsed body, if a body parser ran before; else `undefined`. */
  readonly body: unknown;
  /** The parsed query, if the host parses it; else `undefined`. */
  readonly queryObject: unknown;
  /** The outermost application that it came to, if the host tells: two of one process share no answer by chance. */
  readonly application?: object | undefined;
  /** What the host gives its handlers first: Express's `req`, Koa's `ctx`. Functions in options are given this. */
  readonly native: Native;
}
