import { describe, expect, it } from 'vitest';
import { Circuit } from './circuit.ts';
import { KeyedCircuits } from './keyed-circuits.ts';

describe('KeyedCircuits', () => {
  it('forgets those that were not asked for longest, though all were in use in between', () => {
    const forgotten: string[] = [];
    const circuits = new KeyedCircuits(
      { make: (key) => new Circuit(key), forget: ({ name }) => void forgotten.push(name) },
      3,
    );
    const permits = ['a', 'b', 'c', 'd'].map((key) => circuits.get(key).admit());
    expect(circuits.size).toBe(4);
    for (const permit of permits) if (permit.admitted) permit.success(1);
    circuits.get('e');
    expect(forgotten).toEqual(['a', 'b']);
  });
});
