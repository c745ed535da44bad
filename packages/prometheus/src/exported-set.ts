import type { Brownout } from '@brownout/core';
import type { CircuitLabels } from './circuit-labels.ts';
import type { Instruments } from './instruments.ts';

/** A set of circuits whose metrics are exported. */
export interface ExportedSet {
  readonly set: Brownout;
  /** On each of its series: which set it is, where there are several. */
  readonly own: Readonly<Record<string, string>>;
  readonly circuits: CircuitLabels;
  readonly instruments: Instruments;
}

/** What is read of a set when its metrics are asked for. */
export interface Reading {
  read(): void;
  /** Listens no more. */
  stop?(): void;
}
