import type { Reply } from './reply.ts';
import type { RequestView } from './request-view.ts';
import type { CapturedAnswer } from './tiers/tier.ts';

/** How an answer that began to flow came to its end. */
export type Ending = 'whole' | 'broken' | 'deserted';

/** Whom a host's router asks for a path, each by its whole pattern, in the order in which it does. */
export interface Lineup {
  readonly routes: readonly string[];
  /** Middleware that is mounted on a path of its own. */
  readonly mounts: readonly string[];
}

/**
 * One request on a guarded route, as an adapter lends it to the core. An adapter has no policy of its own: it says what
 * happens to the attempt that it was given in `run`, and does what it is told.
 */
export interface Exchange<Native = unknown> {
  readonly request: RequestView<Native>;
  /** Whose routes these are: the application. Two applications share no learned route. */
  readonly application: object;
  /** Where the breaker is mounted: `/api`; empty at the root. */
  readonly mountPoint: string;
  /** The path as the mount sees it, for the table of `routes`. */
  readonly mountedPath: string;
  /**
   * The whole pattern of the route that has been reached, mounts included, never a URL: `/api/users/:id`. `undefined` before one
   * is reached, or where the host tells none: under an app-wide mount it is known late. Empty where one was reached, and nothing can
   * tell its pattern until `run` is asked to find out.
   */
  readonly route: string | undefined;
  /** The whole path as the host's router has it: that of the request, unless middleware outside has rewritten it. */
  readonly routedPath: string;
  /** Whom the host's own router would ask if this request came to `path`; `undefined` where it cannot be told. */
  lineup(path: string): Lineup | undefined;
  /** Bytes of the request's own body that have come, or `'whole'`; `'unread'` when nobody takes what has come. */
  readonly upload: number | 'whole' | 'unread';
  /** The attempt of the breaker around this one, if there is one: the innermost governs. */
  readonly outer: AttemptEvents | undefined;
  /** Whether the answer on the response came from a tier of a breaker further in. */
  readonly degraded: boolean;
  /** The last characters that have gone out of a stream that can be ended by last words; empty before any has. */
  readonly sent: string;
  /** Whether the client reads too slowly for more bytes to be sent. */
  readonly blocked: boolean;
  /** Whether nobody is there to be answered any more. */
  readonly closed: boolean;
  /** Calls back once when the response is closed, for whatever cause. */
  whenClosed(then: () => void): void;
  /** Calls back once when the request's own body has come whole. */
  whenUploaded(then: () => void): void;
  /** Lets the host run what is behind the middleware, unguarded. */
  pass(): void;
  /**
   * Lets the host run what is behind the middleware. `expected`: the pattern that the path was taken for; `undefined` when nothing
   * is known of it, so that the host has to note which route is reached.
   */
  run(attempt: AttemptEvents, expected: string | undefined): void;
  /** Sends a whole answer in the handler's place, once; what the handler does to the response afterwards is harmless. */
  reply(reply: Reply): void;
  /** Sends a whole answer that is not degraded, in the handler's place. */
  serve(reply: Reply): void;
  /** Nobody is there to be answered: lets the host go on. */
  abandon(): void;
  /**
   * Ends an answer that already flows: with these last bytes where there are any, or so that the client sees it broken. `why`: what those hear
   * who listen for the errors of what the handler pipes.
   */
  cut(last: string | undefined, why?: Error): void;
  /** Hands an error to the host's own error handling, to be answered there. */
  fail(error: unknown): void;
  /** Lets the host's error handlers and loggers see an error of the handler's whose request is answered otherwise. */
  report(error: unknown): void;
  /**
   * Lets them see why an answer has been cut, unless they see it anyway. `isHeard`: the handler has asked for the signal, and may throw its
   * reason.
   */
  explain(error: Error, isHeard: boolean): void;
  /** Holds all that the handler sends from now on. `why`: as for `cut`. */
  hold(why?: Error): void;
  /** Lets the host answer, and makes what the handler does after that harmless. */
  handOver(): void;
  /** Takes hands off the response: what the handler does from now on goes out as it is. */
  release(): void;
  /** The value of a header that stands on the response now. */
  header(name: string): string | undefined;
}

/** What an adapter tells of a request that it runs. Each is a plain call, in the order in which things happen. */
export interface AttemptEvents {
  /** The handler is about to send a head with this status: `false` holds it and all that follows it. May be asked again until a byte is out. */
  accepts(status: number): boolean;
  /** How many bytes of the answer's body are wanted; 0 is none. Asked once, when it was accepted. */
  captures(status: number, headers: Readonly<Record<string, string | string[]>>): number;
  /** Whether `captures` can be other than 0: if not, the headers need not be gathered. */
  readonly capturing: boolean;
  /** Whether a failure from now on is answered for: by a tier before the first byte, after it by last words. */
  readonly mends: boolean;
  /** Whether `flowed` is to be called. */
  readonly watchesFlow: boolean;
  /**
   * The first byte of the accepted answer is out; or, `isWhole`, the handler has given all of it, and the host alone has yet to
   * write it.
   */
  began(status: number, isWhole?: boolean): void;
  /** More bytes went out. */
  flowed(): void;
  ended(ending: Ending, status: number, captured?: CapturedAnswer): void;
  /** The handler threw. `false`: it is the host's to answer, or at least to report. */
  threw(error: unknown): boolean;
  /**
   * The answer breaks off without a throw that the host would see: its response is destroyed, or what was piped into it has died.
   * `true`: an answer of ours takes its place, or ends it. `error`: `undefined` where nothing says why.
   */
  broke(error: unknown): boolean;
  /** The handler did not answer, and lets the host look further. */
  passed(): void;
  /** The handler has given an answer that flows, and the host has yet to begin with it: no deadline runs until `taken`. */
  given(): void;
  /** The host begins with the answer that was given. */
  taken(): void;
  /** Something else than the answer that was given goes out: neither is this handler's doing. */
  replaced(): void;
}
