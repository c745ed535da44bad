import type { Circuit } from './circuit.ts';

/**
 * A method decorator (TC39's, as TypeScript 5 and later emit it): each call goes through the circuit.
 *
 * ```ts
 * class Assistant {
 *   @protectedBy(openai)
 *   async answer(question: string): Promise<string> { … }
 * }
 * ```
 *
 * What it throws is what `circuit.run` throws.
 */
export function protectedBy(circuit: Circuit) {
  return <This, A extends unknown[], R>(
    method: (this: This, ...args: A) => Promise<R>,
    _context: ClassMethodDecoratorContext<This, (this: This, ...args: A) => Promise<R>>,
  ): ((this: This, ...args: A) => Promise<R>) => circuit.wrap(method);
}
