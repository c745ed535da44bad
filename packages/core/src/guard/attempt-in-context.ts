import type { AsyncResource } from 'node:async_hooks';
import type { Ending, Exchange } from '../exchange.ts';
import type { FallbackReason } from '../metadata.ts';
import type { CapturedAnswer, TierSite } from '../tiers/tier.ts';
import { Attempt } from './attempt.ts';
import type { Policy } from './policy.ts';

/**
 * An attempt that is told all that happens to it in its request's own asynchronous context, for listeners who want to be called
 * there. A handler may write from a pooled connection, a socket closes in its own: those contexts are another request's, or nobody's.
 * What a handler runs through `run` stays in the handler's.
 */
export class AttemptInContext<Native> extends Attempt<Native> {
  readonly #context: AsyncResource;

  constructor(
    policy: Policy<Native>,
    exchange: Exchange<Native>,
    site: TierSite,
    aside: boolean,
    context: AsyncResource,
  ) {
    super(policy, exchange, site, aside);
    this.#context = context;
  }

  override accepts(status: number): boolean {
    return this.#context.runInAsyncScope(super.accepts, this, status);
  }

  override captures(status: number, headers: Readonly<Record<string, string | string[]>>): number {
    return this.#context.runInAsyncScope(super.captures, this, status, headers);
  }

  override began(status: number, isWhole?: boolean): void {
    this.#context.runInAsyncScope(super.began, this, status, isWhole);
  }

  override ended(ending: Ending, status: number, captured?: CapturedAnswer): void {
    this.#context.runInAsyncScope(super.ended, this, ending, status, captured);
  }

  override threw(error: unknown): boolean {
    return this.#context.runInAsyncScope(super.threw, this, error);
  }

  override broke(error: unknown): boolean {
    return this.#context.runInAsyncScope(super.broke, this, error);
  }

  override passed(): void {
    this.#context.runInAsyncScope(super.passed, this);
  }

  override taken(): void {
    this.#context.runInAsyncScope(super.taken, this);
  }

  override replaced(): void {
    this.#context.runInAsyncScope(super.replaced, this);
  }

  override degrade(reason: FallbackReason): void {
    this.#context.runInAsyncScope(super.degrade, this, reason);
  }
}
