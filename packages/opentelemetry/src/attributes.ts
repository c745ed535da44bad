import type { Brownout } from '@brownout/core';

/** What an attribute may be: a word of a fixed list, a name that stands in the application's code, or a number. Never what was asked, answered or thrown. */
export type Facts = Readonly<Record<string, string | number>>;

/** How a circuit is called in attributes. */
export type NameOf = (circuit: string) => string;

/** Circuits made by key go by the name of their family, `tenant:*`: what the key is (a user, a tenant) is nobody's business here. */
export function circuitNames(set: Brownout): NameOf {
  /** Names that families have, by what the names of their circuits begin with: one may be told of when it has gone. */
  const families = new Map<string, string>();
  return (name) => {
    const circuit = set.circuits.get(name);
    if (circuit !== undefined) {
      if (circuit.family === undefined) return name;
      families.set(`${circuit.family}:`, `${circuit.family}:*`);
      return `${circuit.family}:*`;
    }
    for (const [start, family] of families) if (name.startsWith(start)) return family;
    return name;
  };
}
