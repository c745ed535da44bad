export { exportMetrics } from './export-metrics.ts';
export type { MetricsOptions, MetricsRegister } from './metrics-options.ts';
