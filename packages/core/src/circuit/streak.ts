/** So many are remembered even where the threshold is lower, or off: it may be raised while they come. */
const least = 32;

/** When the failures in a row came: as many as matter, no more. A success ends it. */
export class Streak {
  readonly #times: number[] = [];

  /** Adds a failure, and says whether the last `threshold` of them are no older than `windowMs`. */
  failed(now: number, threshold: number | false, windowMs: number): boolean {
    const times = this.#times;
    times.push(now);
    if (times.length > Math.max(least, threshold || 0)) times.shift();
    if (threshold === false || times.length < threshold) return false;
    return now - times[times.length - threshold]! <= windowMs;
  }
}
