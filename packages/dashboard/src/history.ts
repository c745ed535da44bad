import type { CircuitMetrics } from '@brownout/core';
import type { CircuitHistory } from './contract.ts';
import { recentSteps, slotIn, stepCount, stepMs } from './steps.ts';

type Counted = 'success' | 'failure' | 'ignored' | 'refused';
const counted: readonly Counted[] = ['success', 'failure', 'ignored', 'refused'];

/** What a circuit had counted at some time: when it was first seen, that may be much, of before a restart. */
type Baseline = Pick<CircuitMetrics, 'calls' | 'stateMs'>;

/** Milliseconds by which two looks at one clock may differ. */
const tolerance = 500;

const slotOf = (step: number) => slotIn(stepCount, step);

/** The states as they are kept, the worse the higher; 0 is not known. */
const states = [null, 'closed', 'half_open', 'open'] as const;
const letters = '-cho';

/** What a circuit did in the last hour. Counts are read once a step, nothing is done per call. */
export class History {
  readonly #counts: Record<Counted | 'degraded', Uint32Array> = {
    success: new Uint32Array(stepCount),
    failure: new Uint32Array(stepCount),
    ignored: new Uint32Array(stepCount),
    refused: new Uint32Array(stepCount),
    degraded: new Uint32Array(stepCount),
  };
  readonly #p95 = new Float32Array(stepCount).fill(Number.NaN);
  readonly #states = new Uint8Array(stepCount);
  /** What was counted when the step under way began. */
  #before: Baseline;
  /** When it would have been made, by the time that it says it has spent. */
  #made: number;
  #step: number;
  /** The trail without its last minute, and the worst of that before the step under way: they change with a step alone. */
  #past = letters[0]!.repeat(59);
  #worstOfMinute = 0;

  /** `now`: on the monotonic clock, here and below. */
  constructor(step: number, before: Baseline, now: number) {
    this.#step = step;
    this.#before = before;
    this.#made = madeAt(before, now);
  }

  /** An answer of a tier. */
  degraded(): void {
    this.#counts.degraded[slotOf(this.#step)]!++;
  }

  /** Writes down the step under way as it stands. */
  note(metrics: CircuitMetrics, now: number): void {
    const { calls, stateMs, state, latency } = metrics;
    const made = madeAt(metrics, now);
    if (made < this.#made - tolerance) {
      // it has taken up what was counted before a restart, which was not in this step
      this.#before = metrics;
      this.#made = made;
    }
    const slot = slotOf(this.#step);
    for (const name of counted) this.#counts[name][slot] = calls[name] - this.#before.calls[name];
    this.#p95[slot] = latency?.p95 ?? Number.NaN;
    const was = (name: 'open' | 'half_open') => state === name || stateMs[name] > this.#before.stateMs[name];
    this.#states[slot] = was('open') ? 3 : was('half_open') ? 2 : 1;
  }

  /** Ends the step under way, and goes on to a later one. Those between, when nobody looked, stay empty. */
  advance(step: number, metrics: CircuitMetrics, now: number): void {
    this.note(metrics, now);
    const passed = Math.min(step - this.#step, stepCount);
    for (let back = 0; back < passed; back++) this.#clear(slotOf(step - back));
    this.#step = step;
    this.#before = metrics;
    this.#past = Array.from({ length: 59 }, (_, minute) => letters[this.#worst(step - 6 * (59 - minute), 6)]).join('');
    this.#worstOfMinute = this.#worst(step - 1, 5);
  }

  /** Calls of the last minute, by the last six whole steps and the one under way. */
  callsPerMinute(now: number): number {
    const coveredMs = now - (this.#step - 6) * stepMs;
    const calls = counted.reduce((sum, name) => sum + this.#sum(name, 7), 0);
    return Math.round((calls * 60_000) / coveredMs);
  }

  /** What handlers answered themselves in the last five minutes. */
  get handled(): number {
    return this.#sum('success', recentSteps) + this.#sum('ignored', recentSteps);
  }

  /** As `CircuitSummary` has it. */
  get trail(): string {
    return this.#past + letters[Math.max(this.#worstOfMinute, this.#states[slotOf(this.#step)]!)];
  }

  /** `wall`: the same moment as `now`. */
  shown(now: number, wall: number): CircuitHistory {
    const first = this.#step - stepCount + 1;
    const series = <T>(of: (slot: number) => T): T[] =>
      Array.from({ length: stepCount }, (_, index) => of(slotOf(first + index)));
    const counts = (name: Counted | 'degraded') => series((slot) => this.#counts[name][slot]!);
    return {
      from: Math.round(wall - (now - first * stepMs)),
      stepMs,
      success: counts('success'),
      failure: counts('failure'),
      refused: counts('refused'),
      degraded: counts('degraded'),
      p95: series((slot) => (Number.isNaN(this.#p95[slot]) ? null : Math.round(this.#p95[slot]! * 100) / 100)),
      state: series((slot) => states[this.#states[slot]!]!),
    };
  }

  #clear(slot: number): void {
    for (const counts of Object.values(this.#counts)) counts[slot] = 0;
    this.#p95[slot] = Number.NaN;
    this.#states[slot] = 0;
  }

  /** Of so many steps up to this one. */
  #worst(step: number, steps: number): number {
    let worst = 0;
    for (let back = 0; back < steps; back++) worst = Math.max(worst, this.#states[slotOf(step - back)]!);
    return worst;
  }

  #sum(name: Counted, steps: number): number {
    let sum = 0;
    for (let back = 0; back < steps; back++) sum += this.#counts[name][slotOf(this.#step - back)]!;
    return sum;
  }
}

const madeAt = ({ stateMs }: Baseline, now: number): number => now - stateMs.closed - stateMs.half_open - stateMs.open;
