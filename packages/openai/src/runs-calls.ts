/** What runs a call and counts it: a `Circuit`, or `{ run: (fn) => req.brownout.run(circuit, fn) }`. */
export interface RunsCalls {
  run<T>(
    fn: (call: { readonly signal: AbortSignal }) => T | PromiseLike<T>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<T>;
}
