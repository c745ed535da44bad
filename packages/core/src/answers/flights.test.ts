import { describe, expect, it } from 'vitest';
import { type FlightEnd, Flights, type Landed } from './flights.ts';

const landed = { key: 'k', vary: [], answer: {} } as unknown as Landed;
const failure = { reason: 'failure', retryAfterMs: undefined } as const;

/** Those who wait, in order; what they were told, and how they leave. */
function waitingFor(flights: Flights, count: number) {
  const told: (FlightEnd | undefined)[] = Array.from({ length: count });
  const leave: (() => void)[] = [];
  for (let at = 0; at < count; at++) {
    void flights
      .find('k')!
      .wait((leaves) => {
        leave[at] = leaves;
      })
      .then((end) => {
        told[at] = end;
      });
  }
  return { told, leave };
}
const told = () => new Promise(setImmediate);

describe('Flights', () => {
  it('tell all who wait what came of it, and are over', async () => {
    for (const end of ['landed', 'failed'] as const) {
      const flights = new Flights();
      const flight = flights.begin('k');
      const waiting = waitingFor(flights, 2);
      if (end === 'landed') flight.landed(landed);
      else flight.failed(failure);
      await told();
      const expected = end === 'landed' ? { landed } : { failure };
      expect(waiting.told).toEqual([expected, expected]);
      expect(flights.find('k')).toBeUndefined();
    }
  });

  it('are passed on to the one who has waited longest when the asker leaves', async () => {
    const flights = new Flights();
    const flight = flights.begin('k');
    const waiting = waitingFor(flights, 3);
    flight.passOn(false);
    await told();
    expect(waiting.told).toEqual([{ asker: flight }, undefined, undefined]);
    expect(flights.find('k')).toBe(flight);
    waiting.leave[1]!();
    flight.passOn(false);
    await told();
    expect(waiting.told.slice(1)).toEqual([{ asker: undefined }, { asker: flight }]);
    flight.passOn(false);
    expect(flights.find('k')).toBeUndefined();
  });

  it('let all ask once two have asked in vain', async () => {
    const flights = new Flights();
    const flight = flights.begin('k');
    const waiting = waitingFor(flights, 4);
    flight.passOn(true);
    flight.passOn(true);
    await told();
    expect(waiting.told).toEqual([{ asker: flight }, ...Array(3).fill({ asker: undefined })]);
    expect(flights.find('k')).toBeUndefined();
  });

  it('do not end another that has begun since', () => {
    const flights = new Flights();
    const first = flights.begin('k');
    first.landed(landed);
    const second = flights.begin('k');
    first.passOn(false);
    expect(flights.find('k')).toBe(second);
  });
});
