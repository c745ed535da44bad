import { RefusedError } from '@brownout/core';
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
 * it counts each attempt of the SDK by its status, and while the circuit refuses it answers 503 at once, which the SDK does not
 * retry. What happens to a stream once it has begun it does not see: where the call is yours, `circuit.run` and `primedStream` do.
 * A request that is aborted counts for nothing, whether its caller has left or the SDK's own timeout is over, which look alike: give
 * the circuit a `timeoutMs` that is shorter.
 *
 * @param fetch what it calls @default globalThis.fetch
 */
export function brownoutFetch<F extends AnyFetch = Fetch>(circuit: RunsCalls, fetch?: F): F {
  const send = (fetch ?? globalThis.fetch) as Fetch;
  const guarded: Fetch = async (input, init: FetchInit = {}) => {
    const left = new AbortController();
    const call = async ({ signal }: { readonly signal: AbortSignal }) => {
      try {
        const response = await send(input, {
          ...init,
          signal: init.signal ? AbortSignal.any([init.signal, signal]) : signal,
        });
        if (response.status < 400) return response;
        throw new Answered(response);
      } catch (error) {
        if (init.signal?.aborted) left.abort(error);
        throw error;
      }
    };
    try {
      return await circuit.run(call, { signal: left.signal });
    } catch (error) {
      if (error instanceof Answered) return error.response;
      if (error instanceof RefusedError) return refusalResponse(error);
      throw error;
    }
  };
  return guarded as AnyFetch as F;
}
