import { randomUUID } from 'node:crypto';
import type { AnswerStore } from './store.ts';

const made = new WeakMap<AnswerStore, Applications>();

/** What each of its applications is called in the keys of one store: none finds another's answers, whatever host a client names. */
export class Applications {
  readonly #names = new WeakMap<object, string>();
  readonly #numbers = new WeakMap<object, string>();
  #prefix = '';
  #count = 0;
  #isAlone = false;
  #haveNames = false;
  #last: object | undefined;
  #lastId = '';

  /** More than one, of which nobody knows after a restart which is which. Where names are given, those without are known to none. */
  get areSeveral(): boolean {
    return this.#count > 1 && !this.#haveNames;
  }

  /** Of the application that a request has come to. */
  idOf(application: object): string {
    if (application !== this.#last) {
      this.#lastId = this.#names.get(application) ?? this.#numberOf(application);
      this.#last = application;
    }
    return this.#lastId;
  }

  /** Answers have come over a restart, of the one application that there was. With a second, nobody knows whose they are. */
  expectOne(): void {
    this.#isAlone = true;
    if (this.areSeveral) this.#partWithThePast();
  }

  /**
   * By these their answers are found after a restart. From now on what is answered without a name is found by this process alone, and
   * nothing from before.
   */
  expectNames(named: Readonly<Record<string, object>>): void {
    for (const [name, application] of Object.entries(named)) this.#names.set(application, `=${name}`);
    this.#haveNames = true;
    this.#partWithThePast();
  }

  #partWithThePast(): void {
    this.#last = undefined;
    this.#prefix = `${randomUUID()}-`;
  }

  #numberOf(application: object): string {
    let number = this.#numbers.get(application);
    if (number === undefined) {
      this.#count++;
      if (this.#isAlone && this.#count === 2 && this.areSeveral) this.#partWithThePast();
      number = String(this.#count);
      this.#numbers.set(application, number);
    }
    return this.#prefix + number;
  }
}

/** Those of a store, the same each time. */
export function applicationsOf(store: AnswerStore): Applications {
  let applications = made.get(store);
  if (applications === undefined) {
    applications = new Applications();
    made.set(store, applications);
  }
  return applications;
}
