import type { Circuit } from '../circuit/circuit.ts';
import type { Arrival } from '../circuit/entrance.ts';
import type { Permit, Refusal } from '../circuit/permit.ts';
import type { Verdict } from '../events.ts';
import type { Exchange } from '../exchange.ts';
import type { CircuitSource } from './circuit-source.ts';

/** Which circuit governs an exchange, and the permit that it gave. */
export class Admission<Native> {
  readonly #circuits: CircuitSource<Native>;
  readonly #exchange: Exchange<Native>;
  #circuit: Circuit | undefined;
  #permit: Permit | undefined;
  #givenAway = false;

  constructor(circuits: CircuitSource<Native>, exchange: Exchange<Native>) {
    this.#circuits = circuits;
    this.#exchange = exchange;
  }

  /** As far as it is known by now. */
  get circuit(): Circuit | undefined {
    return this.#circuit;
  }

  /** What a degraded answer calls it. */
  get name(): string {
    return this.#circuit?.name ?? this.#circuits.name;
  }

  /** Whether a duration is wanted; without a permit that cannot be known. */
  get isTimed(): boolean {
    return this.#permit?.isTimed ?? true;
  }

  /** Whether it counts, or not even that, and changes nothing. */
  get isSilent(): boolean {
    const { mode } = this.#circuit ?? this.#circuits;
    return mode === 'shadow' || mode === 'disabled';
  }

  guess(): void {
    this.#circuit = this.#circuits.guess(this.#exchange);
  }

  /**
   * Whether it may be answered by a tier though all is well: it is certain which circuit that is about, and this would admit it. Then a
   * permit is given back uncounted.
   */
  stepsBack(): boolean {
    const circuit = this.#circuits.certain(this.#exchange);
    if (circuit === undefined || circuit.mode !== 'enforce' || circuit.mayRefuse) return false;
    this.release();
    this.#circuit = circuit;
    return true;
  }

  /** Takes over a permit of the same circuit, so that no exchange takes two. */
  inherit(permit: Permit | undefined): void {
    this.#permit = permit;
  }

  /** The pattern that the path was taken for; `undefined` when nothing is known of it. */
  get expected(): string | undefined {
    return this.#circuits.expected(this.#exchange, this.#circuit);
  }

  /** `undefined`: admitted. */
  admit(): Refusal | undefined {
    if (this.#circuit === undefined || this.#permit !== undefined) return undefined;
    return this.#take(this.#circuit.admit());
  }

  /** Admits where calls may wait in line, and a quota is asked. `clientLeft` is called once it waits; `left`: the client did. */
  enter(clientLeft: () => AbortSignal): Refusal | undefined | Promise<Refusal | 'left' | undefined> {
    if (this.#circuit === undefined || this.#permit !== undefined) return undefined;
    const arrival: Arrival = {
      get signal() {
        return clientLeft();
      },
    };
    const answer = this.#circuit.enter(arrival);
    if (!(answer instanceof Promise)) return this.#take(answer);
    return answer.then((late) => (late === undefined ? 'left' : this.#take(late)));
  }

  #take(answer: Permit | Refusal): Refusal | undefined {
    if (!answer.admitted) return answer;
    this.#permit = answer;
    return undefined;
  }

  /**
   * Makes sure which circuit this is about: under an app-wide mount the route is known for certain only once it is reached. A
   * permit of a wrong guess is given back uncounted. `status`: of the answer, where there is one.
   */
  reach(status?: number): Circuit | undefined {
    if (this.#givenAway) return this.#circuit;
    const reached = this.#circuits.reached(this.#exchange, this.#circuit, status);
    if (reached !== this.#circuit) {
      this.release();
      this.#circuit = reached;
      if (reached?.state === 'closed' && reached.mode !== 'disabled') this.admit();
    }
    return reached;
  }

  /** Whether this exchange has a permit of that circuit. */
  holds(circuit: Circuit): boolean {
    return circuit === this.#circuit && this.#permit !== undefined;
  }

  flowing(): void {
    this.#permit?.flowing();
  }

  settle(verdict: Verdict, tookMs: number, retryAfterMs?: number): void {
    const permit = this.#permit;
    this.#permit = undefined;
    if (verdict === 'success') permit?.success(tookMs);
    else if (verdict === 'failure') permit?.failure(tookMs, { retryAfterMs });
    else permit?.ignore();
    const circuit = this.#circuit;
    // without a permit a success tells nothing of the circuit
    if (circuit !== undefined && (permit !== undefined || verdict === 'failure'))
      this.#circuits.settled(this.#exchange, circuit, verdict);
  }

  /** The client left after so many milliseconds: no verdict, but perhaps it waited for long. */
  deserted(waitedMs: number): void {
    // the first request of a route: that was reached, though nothing came of it
    if (this.#circuit === undefined && this.#exchange.route) this.reach();
    this.#permit?.ignore(waitedMs);
    this.#permit = undefined;
  }

  release(): void {
    this.#permit?.release();
    this.#permit = undefined;
  }

  /**
   * Lets a breaker further in govern. A permit of the same circuit goes with it; a circuit that the user named goes on to count
   * what it sees; one that was learned leaves the route to it.
   */
  yieldTo(inner: Circuit | undefined): Permit | undefined {
    this.#givenAway = true;
    const isSame = inner !== undefined && inner === this.#circuit;
    if (!isSame && this.#circuits.named) return undefined;
    const permit = this.#permit;
    this.#permit = undefined;
    this.#circuit = undefined;
    if (isSame) return permit;
    permit?.release();
    return undefined;
  }
}
