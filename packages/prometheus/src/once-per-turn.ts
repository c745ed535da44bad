/** A function that does no more than once for all who call it before the next microtask: a register asks each of its metrics in turn. */
export function oncePerTurn(fn: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    queueMicrotask(() => {
      isDone = false;
    });
    fn();
  };
}
