/** Two clocks are never read at once: a time that both tell is off by this much, in milliseconds, and has not changed. */
const tolerance = 100;

/** Times as they were told first, so that what stands still does not seem to move. */
export class SteadyTimes<Name extends string> {
  readonly #told = new Map<Name, number>();

  /** Whole milliseconds. */
  tell(name: Name, time: number): number {
    const told = this.#told.get(name);
    if (told !== undefined && Math.abs(told - time) <= tolerance) return told;
    const rounded = Math.round(time);
    this.#told.set(name, rounded);
    return rounded;
  }
}
