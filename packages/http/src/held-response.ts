import type { ServerResponse } from 'node:http';
import type { Method } from './dead-response.ts';

/**
 * waiting: nothing is out · flowing: the handler's answer is · held: a head was refused · answered: ours is out · released: hands
 * off · handed over: hands off until it is answered.
 */
export type Phase = 'waiting' | 'flowing' | 'held' | 'answered' | 'released' | 'handed over';

/** What the gate replaces from the start. */
export type Held = 'writeHead' | 'write' | 'end' | 'flushHeaders' | 'destroy';

/** A response in the hands of a gate: whose turn it is, and the methods beneath the gate's own. */
export class HeldResponse {
  readonly res: ServerResponse;
  readonly beneath: ReturnType<typeof methodsOf>;
  phase: Phase = 'waiting';
  /** Calls of what is beneath that are under way. */
  #passing = 0;

  constructor(res: ServerResponse) {
    this.res = res;
    this.beneath = methodsOf(res);
  }

  /** Whether calls now are not the handler's own, but come of one that is under way beneath: the gate only passes them on. */
  get isPassing(): boolean {
    return this.#passing > 0;
  }

  /** Whether what the handler does now goes nowhere. */
  get isDead(): boolean {
    return this.#passing === 0 && (this.phase === 'held' || this.phase === 'answered');
  }

  /** Our own work on the response: meanwhile the gate only passes on. */
  pass(work: () => void): void {
    this.#passing++;
    try {
      work();
    } finally {
      this.#passing--;
    }
  }

  /** Calls what is beneath. */
  call(name: Held, args: unknown[]): unknown {
    this.#passing++;
    try {
      return (this.beneath[name] as Method).apply(this.res, args);
    } finally {
      this.#passing--;
    }
  }
}

/** The methods of a response as they are now, whoever wrapped them. */
function methodsOf(res: ServerResponse) {
  return {
    writeHead: res.writeHead,
    write: res.write,
    end: res.end,
    flushHeaders: res.flushHeaders,
    destroy: res.destroy,
    setHeader: res.setHeader,
    setHeaders: res.setHeaders,
    appendHeader: res.appendHeader,
    removeHeader: res.removeHeader,
    addTrailers: res.addTrailers,
    writeContinue: res.writeContinue,
    writeProcessing: res.writeProcessing,
    writeEarlyHints: res.writeEarlyHints,
    writeInformation: (res as { writeInformation?: Method }).writeInformation,
    writeHeader: (res as { writeHeader?: Method }).writeHeader,
    setTimeout: res.setTimeout,
    cork: res.cork,
    uncork: res.uncork,
  };
}
