import { describe, expect, it } from 'vitest';
import type { CircuitSummary } from '../contract.ts';
import { newsText } from './announce.js';
import { consequenceOf, isUseful } from './consequences.js';
import { orders, sorted } from './order.js';
import { headline, overviewOf, worst } from './overview.js';
import { iconOf, noteOf, rowOf, shownState } from './row.js';
import { sentencesOf } from './sentence.js';

const now = Date.UTC(2026, 10, 20, 12);

const circuit = (facts: Partial<CircuitSummary> = {}): CircuitSummary => ({
  name: 'openai',
  href: 'circuits/openai',
  state: 'closed',
  mode: 'enforce',
  status: 'healthy',
  stateSince: now - 3 * 60_000,
  inFlight: 0,
  callsPerMinute: 42,
  calls: { success: 0, failure: 0, ignored: 0, refused: 0, slow: 0, late: 0 },
  served: {},
  reasons: {},
  transitions: { tripped: 0, reopened: 0, halfOpened: 0, closed: 0, wouldTrip: 0 },
  trail: 'c'.repeat(60),
  ...facts,
});

const forced = circuit({
  state: 'open',
  status: 'failed',
  mode: 'forced_open',
  override: { mode: 'forced_open', why: 'it moves', at: now - 60_000 },
});

describe('A row', () => {
  it('says what a circuit is doing, and for how long or until when', () => {
    expect(noteOf(circuit(), now)).toBe('for 3 min');
    expect(noteOf(circuit({ status: 'degraded' }), now)).toBe('failures near the limit');
    const half = circuit({ state: 'half_open', stateSince: now - 4_000 });
    expect(noteOf({ ...half, inFlight: 1 }, now)).toBe('probing for 4 s');
    expect(noteOf(half, now)).toBe('for 4 s, probes at the next call');
    const open = circuit({ state: 'open', probesAt: now + 17_200 });
    expect(noteOf(open, now)).toBe('for 3 min, probes in 18 s');
    expect(noteOf(open, now + 17_200)).toBe('for 3 min, probes at the next call');
    expect(noteOf(forced, now)).toBe('for 1 min: it moves');
  });

  it('shows an override in the place of the state, and takes none that is switched off for well', () => {
    expect(shownState(forced)).toBe('forced_open');
    expect(rowOf(forced, now).state).toBe('Forced open');
    expect(iconOf(forced)).toBe('failed');
    expect(iconOf(circuit({ mode: 'disabled' }))).toBe('off');
  });

  it('lays what users are served from the best to the worst, a level of one’s own before the last', () => {
    const { served } = rowOf(circuit({ served: { unavailable: 1, mine: 1, l1_cache: 2, handler: 4, queued: 0 } }), now);
    expect(served.map(({ text }) => text)).toEqual(['Fresh 50%', 'Cached 25%', 'mine 13%', 'Unavailable 13%']);
    expect(served.map(({ key, x, width }) => [key, x, width])).toEqual([
      ['handler', '0%', '50%'],
      ['l1_cache', '50%', '25%'],
      ['other', '75%', '12.5%'],
      ['unavailable', '87.5%', '12.5%'],
    ]);
  });

  it('takes no level for a word of the language it is written in', () => {
    const { served } = rowOf(circuit({ served: { constructor: 1, ['__proto__']: 1 } }), now);
    expect(served.map(({ key, text }) => [key, text])).toEqual([
      ['other', '__proto__ 50%'],
      ['other', 'constructor 50%'],
    ]);
  });

  it('tells shadow mode and drills', () => {
    const { transitions } = circuit();
    const shadow = circuit({ mode: 'shadow', transitions: { ...transitions, wouldTrip: 3 }, reasons: { drill: 2 } });
    expect(rowOf(shadow, now).tags).toBe('Shadow: would have tripped 3× · Drill: 2 in 5 min');
    expect(rowOf(circuit(), now).tags).toBe('');
  });

  it('judges no rate that is not known', () => {
    expect(rowOf(circuit({ failureRateThreshold: 0.5 }), now)).toMatchObject({ rate: '–', limit: '', p95: '–' });
    const judged = rowOf(circuit({ failureRate: 0.123, failureRateThreshold: 0.5 }), now);
    expect(judged).toMatchObject({ rate: '12%', limit: 'of 50%', meter: { rate: '12.3%', limit: '50%' } });
  });

  it('draws the last hour in as few pieces as it has stretches, nothing where nothing is known', () => {
    const { stretches, trail } = rowOf(
      circuit({ trail: `${'-'.repeat(30)}${'c'.repeat(15)}${'o'.repeat(12)}hhc` }),
      now,
    );
    expect(stretches.map(({ key, x, width }) => `${key} ${x} ${width}`)).toEqual([
      'closed 50% 25%',
      'open 75% 20%',
      'half_open 95% 3.33%',
      'closed 98.33% 1.67%',
    ]);
    expect(trail).toBe('Open in 12 of 30 min');
  });
});

describe('All circuits', () => {
  const broken = circuit({ name: 'z', status: 'failed', failureRate: 0.1, callsPerMinute: 1 });
  const weak = circuit({ name: 'y', status: 'degraded', failureRate: 0.4, callsPerMinute: 2 });
  const shadow = circuit({ name: 'x', mode: 'shadow', callsPerMinute: 4 });
  const all = [circuit({ name: 'b' }), circuit({ name: 'a' }), shadow, weak, broken];

  it('are put in every order, equals by their names', () => {
    const named = (order: keyof typeof orders) =>
      sorted(all, order)
        .map(({ name }) => name)
        .join('');
    expect(Object.keys(orders)).toEqual(['problems', 'name', 'failures', 'calls', 'latency']);
    expect(named('problems')).toBe('zyxab');
    expect(named('name')).toBe('abxyz');
    expect(named('failures')).toBe('yzabx');
    expect(named('calls')).toBe('abxyz');
    expect(named('latency')).toBe('abxyz');
  });

  it('are counted, and said in one line', () => {
    const overview = overviewOf(all);
    expect(overview).toEqual({ all: 5, failed: 1, degraded: 1, healthy: 3, by_hand: 1 });
    expect([headline(overview), worst(overview)]).toEqual(['1 of 5 circuits has failed', 'failed']);
    expect(headline(overviewOf([weak, shadow]))).toBe('1 of 2 circuits is degraded');
    expect(headline(overviewOf([shadow]))).toBe('The one circuit is healthy');
    expect(headline(overviewOf([weak]))).toBe('The one circuit is degraded');
    expect(headline(overviewOf([broken]))).toBe('The one circuit has failed');
    expect(headline(overviewOf([broken, broken]))).toBe('2 of 2 circuits have failed');
    expect(headline(overviewOf([]))).toBe('No circuits yet');
  });
});

describe('The news', () => {
  it('names a few circuits, and counts many', () => {
    const many = ['a', 'b', 'c', 'd'].map((name) => circuit({ name, state: 'open' }));
    expect(newsText([...many.slice(0, 2), circuit({ name: 'z', state: 'half_open' })])).toBe(
      'a, b: open. z: half-open.',
    );
    expect(newsText(many)).toBe('4 circuits now open.');
  });
});

describe('The details', () => {
  it('say in sentences what goes on, and when it would open', () => {
    const options = { failureThreshold: 5, failureRateThreshold: 0.5, minimumCalls: 10, windowMs: 60_000 };
    expect(sentencesOf(circuit(), options, now)).toBe(
      'Closed for 3 min: calls go through. It opens at 5 failures in a row, or at 50% failed of 10 calls or more in 1 min.',
    );
    expect(sentencesOf(circuit({ state: 'open', probesAt: now + 1 }), options, now)).toBe(
      'Open for 3 min: calls are refused and users get the fallbacks. The next probe goes through in 1 s.',
    );
    expect(sentencesOf(forced, options, now)).toContain('Forced open by hand 1 min ago: “it moves”.');
    const half = { halfOpenMaxCalls: 1, successThreshold: 2 };
    expect(sentencesOf(circuit({ state: 'half_open', inFlight: 1 }), half, now)).toContain(
      'Probing for 3 min: 1 call at a time may go through, and 2 successes in a row close it.',
    );
    expect(sentencesOf(circuit({ state: 'half_open' }), half, now)).toContain(
      'Half-open for 3 min, and due for a probe: 1 call at a time may go through',
    );
    const why = 'a \u202egnorw\u2069 b';
    expect(sentencesOf({ ...forced, override: { mode: 'forced_open', why, at: now } }, options, now)).toContain(
      '“a gnorw b”.',
    );
  });

  it('say what an action does to how many, and offer none that does nothing', () => {
    const served = { handler: 60, l1_cache: 3, unavailable: 1 };
    expect(consequenceOf('force-open', circuit({ served }))).toContain(
      'about 42 calls a minute; fallbacks of late: Cached 75%, Unavailable 25%',
    );
    expect(isUseful('force-open', forced)).toBe(false);
    expect(isUseful('clear', forced)).toBe(true);
    expect(isUseful('clear', circuit())).toBe(false);
    expect(isUseful('force-close', circuit())).toBe(false);
  });
});
