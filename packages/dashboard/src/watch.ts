import type { Brownout, BrownoutEventName, BrownoutEvents, Circuit } from '@brownout/core';
import type { CircuitDetails, CircuitEvent, CircuitSummary } from './contract.ts';
import { EventLog } from './event-log.ts';
import { patchableOf } from './patchable.ts';
import { sentences } from './sentences.ts';
import { stepAt } from './steps.ts';
import { type Moment, Track } from './track.ts';

/** What may come with every request is told once in so long, in milliseconds. */
const dampedMs = 60_000;
const damped: ReadonlySet<string> = new Set<BrownoutEventName>(['alert', 'tier_failed']);
const told = Object.keys(sentences) as (keyof typeof sentences)[];

/** Follows the circuits of a set, those that come and go as well: their events as they come, their counts when it is asked to look. */
export class Watch {
  readonly set: Brownout;
  readonly log: EventLog;
  /** Hears of each event that is logged. */
  onEvent: (event: CircuitEvent) => void = () => {};
  readonly #tracks = new Map<string, Track>();
  readonly #unsubscribe: (() => void)[];
  readonly #gone = new Set<string>();
  #step: number;
  /** The circuit that is being changed here: what it tells of that is told as the action. */
  #changing: string | undefined;

  constructor(set: Brownout) {
    const { now, wall } = momentOf(set);
    this.set = set;
    this.log = new EventLog(wall);
    this.#step = stepAt(now);
    for (const [name, circuit] of set.circuits) this.#follow(name, circuit);
    this.#unsubscribe = [
      ...told.map((name) => set.on(name, (event) => this.#tell(name, event))),
      set.on('degraded', ({ circuit, level, reason }) => this.#trackOf(circuit)?.degraded(level, reason)),
    ];
  }

  get moment(): Moment {
    return momentOf(this.set);
  }

  /** Looks at the counts where a step is over, and at which circuits there are. */
  look(): void {
    const now = this.set.clock.now();
    const step = stepAt(now);
    for (const [name, circuit] of this.set.circuits) this.#follow(name, circuit);
    for (const [name, track] of this.#tracks) {
      if (!this.set.circuits.has(name)) this.#forget(name);
      else if (step > this.#step) track.advance(step, now);
    }
    this.#step = Math.max(step, this.#step);
  }

  /** The names of those that have gone since this was asked last. */
  takeGone(): string[] {
    const gone = [...this.#gone].filter((name) => !this.#tracks.has(name));
    this.#gone.clear();
    return gone;
  }

  /** Every circuit there is. Call `look` first. */
  get tracks(): Iterable<Track> {
    return this.#tracks.values();
  }

  summaries(): CircuitSummary[] {
    this.look();
    const { moment } = this;
    return [...this.#tracks.values()].map((track) => track.summary(moment));
  }

  /** The circuit at an address, as it came after `circuits/`, decoded. None is made. */
  find(segment: string): Track | undefined {
    this.look();
    const href = `circuits/${segment}`;
    const marked = segment.startsWith('~') && [...this.#tracks.values()].find((track) => track.href === href);
    return marked || this.#tracks.get(segment);
  }

  details(track: Track): CircuitDetails {
    const { moment } = this;
    const { circuit } = track;
    track.readOptions();
    return {
      ...track.summary(moment),
      options: circuit.options,
      patchable: patchableOf(circuit.options),
      events: this.log.of(circuit.name),
      history: track.history(moment),
    };
  }

  /** Does something to a circuit by hand, and logs it. */
  change(track: Track, what: Pick<CircuitEvent, 'text' | 'why' | 'by'>, act: (circuit: Circuit) => void): void {
    const { name } = track.circuit;
    this.#changing = name;
    try {
      act(track.circuit);
      track.readOptions();
    } finally {
      this.#changing = undefined;
    }
    this.#log({ at: this.set.clock.wall(), circuit: name, kind: 'action', ...what });
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const name of [...this.#tracks.keys()]) this.#forget(name);
  }

  #tell<N extends BrownoutEventName & keyof typeof sentences>(kind: N, event: BrownoutEvents[N]): void {
    const { circuit, at, why } = event as { circuit: string; at: number; why?: string };
    const track = circuit === this.#changing ? undefined : this.#trackOf(circuit);
    if (track === undefined) return;
    if (damped.has(kind) && at - (this.log.lastOf(circuit, kind)?.at ?? Number.NEGATIVE_INFINITY) < dampedMs) return;
    const text = sentences[kind]!(event, track.circuit.options);
    this.#log({ at, circuit, kind, text, ...(why !== undefined && { why }) });
  }

  #log(event: Omit<CircuitEvent, 'id'>): void {
    this.onEvent(this.log.add(event));
  }

  /** Events name circuits of the set, and of none that it has: what has gone by now, or a route that is not learned yet. */
  #trackOf(name: string): Track | undefined {
    const circuit = this.set.circuits.get(name);
    return circuit && this.#follow(name, circuit);
  }

  #follow(name: string, circuit: Circuit): Track {
    const known = this.#tracks.get(name);
    if (known?.circuit === circuit) return known;
    if (known !== undefined) this.#forget(name);
    const track = new Track(circuit, this.#step, this.set.clock.now());
    this.#tracks.set(name, track);
    return track;
  }

  #forget(name: string): void {
    this.#gone.add(name);
    this.#tracks.delete(name);
    this.log.forget(name);
  }
}

const momentOf = ({ clock }: Brownout): Moment => ({ now: clock.now(), wall: clock.wall() });
