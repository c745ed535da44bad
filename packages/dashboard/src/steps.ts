/** What happened lately is kept in steps of ten seconds, by the monotonic clock. */
export const stepMs = 10_000;
/** An hour. */
export const stepCount = 360;
/** Five minutes, for what users were served. */
export const recentSteps = 30;

/** Which step a moment belongs to. */
export const stepAt = (now: number): number => Math.floor(now / stepMs);
/** Where a ring of that size has a step. */
export const slotIn = (size: number, step: number): number => ((step % size) + size) % size;
