import type { Clock } from '../clock.ts';
import type { CallFlow } from './call-flow.ts';
import type { CallPermit } from './permit.ts';

/** Holds on to permits alone: what leads from a flow back to its value would keep that for ever. */
const unread = new FinalizationRegistry<CallPermit>((permit) => permit.ignore());

/**
 * Settles the permit of a call that has given its value and goes on, by how that ends. `tookMs`: until it gave it; `broke` is told what it broke
 * with, and settles the permit.
 */
export function settleAtEnd(
  flow: CallFlow,
  value: object,
  permit: CallPermit,
  tookMs: number,
  clock: Clock,
  broke: (error: unknown) => void,
): void {
  permit.flowing();
  permit.flowedAt = clock.now();
  unread.register(value, permit);
  flow.watch({
    flowed() {
      permit.flowedAt = clock.now();
    },
    ended(ending, error) {
      if (ending === 'whole') permit.success(tookMs);
      else if (ending === 'broken') broke(error);
      else permit.ignore(tookMs);
    },
  });
}
