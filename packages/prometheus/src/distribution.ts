type Labels = Readonly<Record<string, string>>;

/** A line of the exposition, as prom-client's own metrics hand it over. */
interface Line {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** One series of a distribution: how many values fell between each two bounds. */
export class Bins {
  readonly labels: Labels;
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(labels: Labels, bounds: readonly number[]) {
    this.labels = labels;
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  add(value: number): void {
    const bounds = this.#bounds;
    let bin = 0;
    while (bin < bounds.length && value > bounds[bin]!) bin++;
    this.#counts[bin]!++;
    this.#sum += value;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#sum = 0;
  }

  /** As a histogram shows them: each bucket holds those below it, too. */
  lines(name: string): readonly Line[] {
    let count = 0;
    const buckets = [...this.#bounds, '+Inf'].map((le, bin) => {
      count += this.#counts[bin]!;
      return { metricName: `${name}_bucket`, labels: { le, ...this.labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: { ...this.labels }, value: this.#sum },
      { metricName: `${name}_count`, labels: { ...this.labels }, value: count },
    ];
  }
}

/**
 * A histogram that is cheap to add to. That of prom-client makes a key of the labels for each value, which is ten times dearer than
 * the rest.
 */
export class Distribution {
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly name: string;
  readonly help: string;
  readonly #bounds: readonly number[];
  readonly #series: Bins[] = [];

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.#bounds = bounds;
  }

  /** A new series: to be kept by who adds to it. */
  series(labels: Labels): Bins {
    const bins = new Bins(labels, this.#bounds);
    this.#series.push(bins);
    return bins;
  }

  /** Called by the register. */
  async get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values: this.#series.flatMap((bins) => bins.lines(name)) };
  }

  /** Called by the register's `resetMetrics`. */
  reset(): void {
    for (const bins of this.#series) bins.clear();
  }
}
