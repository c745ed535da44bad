import { type Attributes, context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

class Reader extends MetricReader {
  protected override async onShutdown() {}
  protected override async onForceFlush() {}
}

/** Values by what tells them apart, as in `success a`: the attributes' values, in the order of their names. */
export type Series = Readonly<Record<string, number | { readonly count: number; readonly sum: number }>>;

/** Traces as an application starts them, with an exporter that can be looked into. */
export function startTraces() {
  const exporter = new InMemorySpanExporter();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
  return {
    exporter,
    /** The spans that have ended, and only once: they are forgotten. */
    spans(): readonly ReadableSpan[] {
      const spans = exporter.getFinishedSpans();
      exporter.reset();
      return spans;
    },
  };
}

/** A provider of meters, whose metrics can be collected. */
export function startMeters() {
  const reader = new Reader();
  const meterProvider = new MeterProvider({ readers: [reader] });
  const collected = async () => {
    const { resourceMetrics, errors } = await reader.collect();
    if (errors.length > 0) throw errors[0];
    return resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  };
  return {
    meterProvider,
    collected,
    async metrics(): Promise<Readonly<Record<string, Series>>> {
      const found: Record<string, Record<string, Series[string]>> = {};
      for (const { descriptor, dataPoints } of await collected()) {
        const series: Record<string, Series[string]> = {};
        for (const { attributes, value } of dataPoints) series[labelOf(attributes)] = plain(value);
        found[descriptor.name] = series;
      }
      return found;
    },
  };
}

const labelOf = (attributes: Attributes) =>
  Object.entries(attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => value)
    .join(' ');

function plain(value: unknown): Series[string] {
  if (typeof value === 'number') return value;
  const { count, sum } = value as { readonly count: number; readonly sum: number };
  return { count, sum };
}
