import { flowing, RefusedError } from '@brownout/core';
import { refusalResponse } from './refusal-response.ts';
import type { RunsCalls } from './runs-calls.ts';

type Fetch = typeof globalThis.fetch;
/** A `fetch` as any version of the SDK types it: v4 does it by node-fetch. */
type AnyFetch = (input: never, init?: never) => Promise<unknown>;
type FetchInit = NonNullable<Parameters<Fetch>[1]>;

/** An answer that may be a failure: what a classifier reads of an error of the SDK, without its body. */
class Answered {
  readonly response: Response;
  readonly status: number;
  readonly headers: Headers;
  readonly requestID: string | null;
  readonly error = undefined;

  constructor(response: Response) {
    this.response = response;
    this.status = response.status;
    this.headers = response.headers;
    this.requestID = response.headers.get('x-request-id');
  }
}

/**
 * A `fetch` for the client's option of that name: `new OpenAI({ fetch: brownoutFetch(circuit) })`. For code that cannot be changed:
 * it counts each attempt of the SDK by its status and by the end of its body, and while the circuit refuses it answers 503 at once, which
 * the SDK does not retry. A body that breaks off is a failure, but what is in it is not looked at, nor its silence: where the call is yours,
 * `circuit.run` and `primedStream` do that. Until its body has been read a call keeps its place, one that is never read until it is forgotten.
 * Who cancels a body has had enough of an answer that was good so far: a success. A request that is aborted counts for nothing, whether its
 * caller has left or the SDK's own timeout is over, which look alike: give the circuit a `timeoutMs` that is shorter. Bodies of a `fetch`
 * that gives no web `Response` are not followed.
 *
 * @param fetch what it calls @default globalThis.fetch
 */
export function brownoutFetch<F extends AnyFetch = Fetch>(circuit: RunsCalls, fetch?: F): F {
  const send = (fetch ?? globalThis.fetch) as Fetch;
  const guarded: Fetch = async (input, init: FetchInit = {}) => {
    let response: Response | undefined;
    const call = async ({ signal }: { readonly signal: AbortSignal }) => {
      response = await send(input, { ...init, signal: init.signal ? AbortSignal.any([init.signal, signal]) : signal });
      if (response.status >= 400) throw new Answered(response);
      if (!(response instanceof Response) || response.body === null) return undefined;
      // the SDK cancels a stream that has said that it is done (v7)
      return flowing(response.body, { isEnough: () => !init.signal?.aborted });
    };
    try {
      const body = await circuit.run(call, init.signal ? { signal: init.signal } : {});
      return body === undefined ? response! : withBody(response!, body);
    } catch (error) {
      if (error instanceof Answered) return error.response;
      if (error instanceof RefusedError) return refusalResponse(error);
      throw error;
    }
  };
  return guarded as AnyFetch as F;
}

/** The same answer, whose body is read from there. */
function withBody({ status, statusText, headers, url, redirected, type }: Response, body: ReadableStream): Response {
  const answer = new Response(body, { status, statusText, headers });
  return Object.defineProperties(answer, {
    url: { value: url },
    redirected: { value: redirected },
    type: { value: type },
  });
}
