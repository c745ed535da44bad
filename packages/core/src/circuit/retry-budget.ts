/** As much as is saved up at most, and there to begin with: a service with little traffic may try again, too. */
const most = 10;

/** How many tries are still to be had: each call earns a share of one. */
export class RetryBudget {
  #left = most;

  earn(share: number): void {
    this.#left = Math.min(most, this.#left + share);
  }

  /** Takes one, if there is one. */
  spend(): boolean {
    // shares add up to a hair less than a whole
    if (this.#left < 1 - 1e-9) return false;
    this.#left -= 1;
    return true;
  }
}
