import { lruAnswers } from './answers/lru.ts';
import type { AnswerStore } from './answers/store.ts';
import { Circuit, circuitName } from './circuit/circuit.ts';
import {
  type CircuitOptions,
  CircuitPlan,
  circuitOptionRules,
  parseCircuitOptions,
} from './circuit/circuit-options.ts';
import { CircuitsView } from './circuit/circuits-view.ts';
import { KeyedCircuits } from './circuit/keyed-circuits.ts';
import type { CircuitHealth, HealthStatus } from './circuit/metrics.ts';
import { expectSame, hasOptions } from './circuit/same-options.ts';
import type { CircuitSnapshot } from './circuit/snapshot.ts';
import { type Clock, systemClock } from './clock.ts';
import { OptionsError } from './errors.ts';
import {
  type BrownoutEventName,
  type BrownoutListener,
  type CircuitMode,
  Events,
  type ListenOptions,
} from './events.ts';
import { expectOption, type OptionRules, parseOptions, rules, shown } from './options.ts';
import { type BrownoutSnapshot, parseSetSnapshot } from './set-snapshot.ts';

/** Options of `createBrownout`: the defaults of its circuits, and where its answers are kept. */
export interface BrownoutOptions extends CircuitOptions {
  /** @default a store of its own, `lruAnswers()`, made when it is first used */
  readonly answers?: AnswerStore;
}

/** Options of `keyed`. */
export interface KeyedOptions extends CircuitOptions {
  /** How many circuits are kept. @default 1000 */
  readonly maxCircuits?: number;
}

/** The health of a set: as bad as that of its worst circuit. An open circuit is no reason to restart the process. */
export interface BrownoutHealth {
  readonly status: HealthStatus;
  readonly circuits: Readonly<Record<string, CircuitHealth>>;
}

const answerStore = rules.rule('an answer store: an object with the functions `get`, `set` and `delete`', (value) => {
  const store = (typeof value === 'object' && value !== null ? value : {}) as Partial<AnswerStore>;
  return typeof store.get === 'function' && typeof store.set === 'function' && typeof store.delete === 'function';
});
const brownoutRules: OptionRules<BrownoutOptions> = { ...circuitOptionRules, answers: answerStore };
const keyedRules: OptionRules<KeyedOptions> = { ...circuitOptionRules, maxCircuits: rules.count() };

/** A set of circuits that share defaults, events and an answer store. */
export class Brownout {
  readonly events = new Events();
  /** The circuits by name. */
  readonly circuits: CircuitsView;
  readonly #defaults: CircuitPlan;
  readonly #circuits = new Map<string, Circuit>();
  /** What those were made with that were given options: to tell whether a name is asked for with others. */
  readonly #given = new Map<string, CircuitOptions>();
  /** Those of routes that were learned, by the name that they were to have. */
  readonly #learned = new Map<string, Circuit[]>();
  /** Forgotten, which not all listeners have heard yet: its name is free. */
  readonly #leaving = new Set<Circuit>();
  /** Snapshots of circuits that are not made yet. */
  readonly #pending = new Map<string, CircuitSnapshot>();
  readonly #keyed = new Map<string, { readonly circuits: KeyedCircuits; readonly given: CircuitOptions }>();
  #answers: AnswerStore | undefined;

  /** @throws OptionsError */
  constructor(options?: BrownoutOptions) {
    const { answers, ...defaults } = parseOptions<BrownoutOptions>('createBrownout', options, brownoutRules);
    this.#defaults = new CircuitPlan('createBrownout', defaults);
    this.#answers = answers;
    this.circuits = new CircuitsView(this.#circuits);
  }

  get clock(): Clock {
    return this.#defaults.given.clock ?? systemClock;
  }

  /** What its circuits draw by. */
  get random(): () => number {
    return this.#defaults.settings.random;
  }

  /** Where the answers of its routes are kept. */
  get answers(): AnswerStore {
    this.#answers ??= lruAnswers({ clock: this.clock });
    return this.#answers;
  }

  /**
   * Finds a circuit, or makes it. Without options it is found whatever it was made with.
   *
   * @param derived defaults that follow from elsewhere: weaker than the set's own, and never in conflict
   * @throws OptionsError when it exists with other options than those given
   */
  circuit(name: string, options?: CircuitOptions, derived?: CircuitOptions): Circuit {
    const given = parseCircuitOptions('circuit', options);
    const known = this.#circuits.get(name);
    if (known !== undefined) {
      if (hasOptions(given)) expectSame(name, this.#given.get(name) ?? {}, given, this.#defaults.given);
      return known;
    }
    const made = this.#make(name, this.#plan(given, derived));
    if (hasOptions(given)) this.#given.set(name, given);
    return made;
  }

  /** A new circuit in every case: where the name is taken, it is called `name #2`, and so on. */
  ownCircuit(name: string, options?: CircuitOptions, derived?: CircuitOptions): Circuit {
    return this.#make(this.#freeName(name), this.#plan(parseCircuitOptions('circuit', options), derived));
  }

  /** The same for a route that was learned. Of several by one name who was asked first has it, which another process may see otherwise. */
  learnedCircuit(name: string, options?: CircuitOptions, derived?: CircuitOptions): Circuit {
    const circuit = this.ownCircuit(name, options, derived);
    this.#learned.set(name, [...(this.#learned.get(name) ?? []), circuit]);
    return circuit;
  }

  /**
   * Checks the options of circuits that are made later, when nothing may throw any more, and tells the mode that they begin in.
   *
   * @throws OptionsError
   */
  expectOptions(options: CircuitOptions): CircuitMode {
    return this.#plan(parseCircuitOptions('circuit', options)).settings.mode;
  }

  /**
   * Circuits by key (a tenant, a model), named `name:key`. The one that was not asked for longest goes, while it is idle.
   *
   * @throws OptionsError, also when the name is known with other options than those given
   */
  keyed(name: string, options?: KeyedOptions): KeyedCircuits {
    expectOption('name', name, circuitName);
    const { maxCircuits, ...rest } = parseOptions<KeyedOptions>('keyed', options, keyedRules);
    const given = parseCircuitOptions('keyed', rest);
    const known = this.#keyed.get(name);
    if (known !== undefined) {
      if (hasOptions(given)) expectSame(name, known.given, given, this.#defaults.given);
      if (maxCircuits !== undefined) expectOption('maxCircuits', maxCircuits, rules.oneOf(known.circuits.maxCircuits));
      return known.circuits;
    }
    const plan = new CircuitPlan('keyed', given, this.#defaults.given, name);
    const make = (key: string) => this.#make(this.#freeName(`${name}:${key}`), plan);
    const forget = (circuit: Circuit) => {
      this.#leaving.add(circuit);
      this.events.emit('forgotten', { circuit: circuit.name, at: circuit.clock.wall() });
      this.events.afterwards(() => {
        this.#leaving.delete(circuit);
        if (this.#circuits.get(circuit.name) === circuit) this.#circuits.delete(circuit.name);
      });
    };
    const circuits = new KeyedCircuits({ make, forget }, maxCircuits ?? 1_000);
    this.#keyed.set(name, { circuits, given });
    return circuits;
  }

  /** Calls `listener` with every event of that name, of all circuits. Returns the function that takes it away again. */
  on<N extends BrownoutEventName>(name: N, listener: BrownoutListener<N>, options?: ListenOptions): () => void {
    return this.events.on(name, listener, options);
  }

  health(): BrownoutHealth {
    const circuits = Object.fromEntries([...this.#circuits].map(([name, circuit]) => [name, circuit.health()]));
    const statuses = Object.values(circuits).map(({ status }) => status);
    const status = (['failed', 'degraded'] as const).find((bad) => statuses.includes(bad)) ?? 'healthy';
    return { status, circuits };
  }

  /** Resets every circuit. */
  resetAll(): void {
    for (const circuit of [...this.#circuits.values()]) circuit.reset();
  }

  /**
   * Changes a circuit's options, and keeps its state, counts and listeners.
   *
   * @throws OptionsError for an unknown name, and for a bad patch, which is refused whole
   */
  update(name: string, patch: CircuitOptions): void {
    const circuit = this.#circuits.get(name);
    if (circuit === undefined)
      throw new OptionsError(`There is no circuit ${shown(name)} to update; make it first, with \`circuit\`.`);
    circuit.update(patch);
  }

  /**
   * The states of all circuits, to be carried across a restart. Those of learned routes that have one name (`GET /`, `GET / #2`, of two
   * applications) are left out: nobody knows then which is whose.
   */
  snapshot(): BrownoutSnapshot {
    const mixed = new Set([...this.#learned.values()].filter(({ length }) => length > 1).flat());
    const made = [...this.#circuits]
      .filter(([, circuit]) => !mixed.has(circuit))
      .map(([name, circuit]) => [name, circuit.snapshot()] as const);
    return { version: 1, circuits: Object.fromEntries([...this.#pending, ...made]) };
  }

  /**
   * Takes up the states of a snapshot. Those of circuits that do not exist yet are kept until they are made.
   *
   * @throws OptionsError for anything that is no snapshot; then nothing has changed
   */
  restore(snapshot: BrownoutSnapshot): void {
    const parsed = parseSetSnapshot(snapshot);
    for (const [name, state] of parsed) {
      const circuit = this.#circuits.get(name);
      if (circuit === undefined) this.#pending.set(name, state);
      else circuit.restore(state);
    }
  }

  /** Takes all listeners away. Its circuits go on to work. */
  close(): void {
    this.events.clear();
  }

  /** @throws OptionsError */
  #plan(given: CircuitOptions, derived?: CircuitOptions): CircuitPlan {
    if (!hasOptions(given) && derived === undefined) return this.#defaults;
    return new CircuitPlan('circuit', given, { ...derived, ...this.#defaults.given });
  }

  #make(name: string, plan: CircuitPlan): Circuit {
    const circuit = new Circuit(name, plan, this.events);
    this.#circuits.set(name, circuit);
    const state = this.#pending.get(name);
    if (state !== undefined) {
      this.#pending.delete(name);
      circuit.restore(state);
    }
    return circuit;
  }

  #freeName(name: string): string {
    let free = name;
    for (let n = 2; this.#isTaken(free); n++) free = `${name} #${n}`;
    return free;
  }

  #isTaken(name: string): boolean {
    const holder = this.#circuits.get(name);
    return holder !== undefined && !this.#leaving.has(holder);
  }
}

/** For options that name a set. */
export const setRule = rules.rule(
  'a set of circuits, as `createBrownout()` returns',
  (value) => value instanceof Brownout,
);

/** A set of circuits with defaults of its own. @throws OptionsError */
export function createBrownout(options?: BrownoutOptions): Brownout {
  return new Brownout(options);
}

/** The process's default set. */
export const brownout: Brownout = createBrownout();
