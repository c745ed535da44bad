import type { BrownoutEventName, BrownoutEvents } from '../events.ts';
import { oneLine } from './one-line.ts';

export type Severity = 'info' | 'warn' | 'error';

/** How an event is logged. */
interface Entry<N extends BrownoutEventName> {
  readonly severity: Severity;
  /** Which of its events are alike: of those that come with every request, one line in a while is enough. */
  readonly alike?: (event: BrownoutEvents[N]) => string;
  /** What is said of it, in one line. An error is told after it. */
  readonly words: (event: BrownoutEvents[N]) => string;
}

const seconds = (ms: number) => `${Number((ms / 1_000).toFixed(1))} s`;
const because = (why: string | undefined) => (why === undefined ? '' : `: ${oneLine(why)}`);
const of = (circuit: string) => `circuit \`${oneLine(circuit)}\``;

/** All but those of healthy requests, which are made only where somebody listens, and what another event tells as well. */
export type LoggedEvent = Exclude<BrownoutEventName, 'settled' | 'refused' | 'provided' | 'forgotten'>;

const entries: { readonly [N in LoggedEvent]: Entry<N> } = {
  tripped: {
    severity: 'warn',
    words: ({ circuit, rule, openMs }) => `${of(circuit)} tripped (${rule}), open for ${seconds(openMs)}`,
  },
  reopened: {
    severity: 'warn',
    words: ({ circuit, openMs }) => `${of(circuit)} opened again, for ${seconds(openMs)}`,
  },
  half_opened: { severity: 'warn', words: ({ circuit }) => `${of(circuit)} is half-open` },
  closed: {
    severity: 'warn',
    words: ({ circuit, byHand, why }) => `${of(circuit)} closed${byHand ? ' by hand' : ''}${because(why)}`,
  },
  would_trip: {
    severity: 'warn',
    words: ({ circuit, rule }) => `${of(circuit)} would have tripped (${rule}), but for shadow mode`,
  },
  mode_changed: {
    severity: 'warn',
    words: ({ circuit, from, to, why }) => `${of(circuit)} went from ${from} to ${to}${because(why)}`,
  },
  reset: { severity: 'warn', words: ({ circuit, why }) => `${of(circuit)} was reset${because(why)}` },
  degraded: {
    severity: 'info',
    alike: ({ circuit, reason, level }) => `${reason}\0${level}\0${circuit}`,
    words: ({ circuit, reason, level, status, ageMs }) => {
      const age = ageMs === undefined ? '' : `, ${seconds(ageMs)} old`;
      return `${of(circuit)} degraded (${reason}): ${oneLine(level)} answered ${status}${age}`;
    },
  },
  tier_failed: {
    severity: 'warn',
    alike: ({ circuit, level }) => `${level}\0${circuit}`,
    words: ({ circuit, level }) => `${of(circuit)}: the tier ${oneLine(level)} failed`,
  },
  alert: {
    severity: 'error',
    alike: ({ circuit, problem }) => `${problem}\0${circuit}`,
    words: ({ circuit, problem }) => `${of(circuit)} needs somebody to act (${problem})`,
  },
  store_failed: { severity: 'warn', words: ({ operation }) => `the store of answers fails (${operation})` },
  store_recovered: { severity: 'warn', words: () => 'the store of answers works again' },
  persist_failed: {
    severity: 'warn',
    words: ({ operation, file, setAside }) => {
      const now = setAside === undefined ? '' : `, it is \`${oneLine(setAside)}\` now`;
      return `cannot ${operation} \`${oneLine(file)}\`${now}`;
    },
  },
  persist_recovered: { severity: 'warn', words: ({ file }) => `\`${oneLine(file)}\` is written again` },
  option_failed: {
    severity: 'warn',
    alike: ({ option }) => option,
    words: ({ option }) => `the option \`${oneLine(option)}\` failed`,
  },
};

export const loggedEvents = Object.keys(entries) as LoggedEvent[];

/** The entry of an event, whichever it is. */
export const entryOf = (name: LoggedEvent) => entries[name] as unknown as Entry<LoggedEvent>;
