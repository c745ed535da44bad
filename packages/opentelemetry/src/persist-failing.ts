import type { Brownout } from '@brownout/core';
import type { Meter, ObservableResult } from '@opentelemetry/api';
import type { Facts } from './attributes.ts';

/** Of `persist`: a file fails from the event on until it recovers. */
export function observePersist(set: Brownout, meter: Meter, own: Facts): () => void {
  const files = new Set<string>();
  const failing = meter.createObservableUpDownCounter('brownout.persist.failing', {
    unit: '{file}',
    description: 'Files of persist that cannot be read or written now.',
  });
  const observe = (result: ObservableResult) => result.observe(files.size, own);
  failing.addCallback(observe);
  const stops = [
    set.on('persist_failed', ({ file, setAside }) => {
      // one that was set aside is out of the way: the next is written in its place
      if (setAside === undefined) files.add(file);
    }),
    set.on('persist_recovered', ({ file }) => void files.delete(file)),
  ];
  return () => {
    failing.removeCallback(observe);
    for (const stop of stops) stop();
  };
}
