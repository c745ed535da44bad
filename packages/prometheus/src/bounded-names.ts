/** What the names are called that came when there was no room for more. */
const otherName = 'other';

/** The values of a label: the first so many names stand for themselves, all that come later share one. */
export class BoundedNames {
  readonly #most: number;
  readonly #known = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  has(name: string): boolean {
    return this.#known.has(name);
  }

  of(name: string): string {
    if (this.#known.has(name)) return name;
    if (this.#known.size >= this.#most) return otherName;
    this.#known.add(name);
    return name;
  }
}
