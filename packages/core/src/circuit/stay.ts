/** What every stay in a state has. Each is an object of its own, a generation: a permit moves only the one that gave it. */
export interface Stay {
  /** When it began, on the monotonic clock. */
  readonly since: number;
  /** Half-open rounds that have failed, less those that closed times have made up for. */
  readonly failedRounds: number;
  /** The latest moment before which an upstream asked not to be called. */
  notBefore: number | undefined;
}

/** Notes that an upstream asks not to be called for a while. */
export function stayAway(stay: Stay, until: number): void {
  if (stay.notBefore === undefined || until > stay.notBefore) stay.notBefore = until;
}
