export type { CircuitDetails, CircuitEvent, CircuitHistory, CircuitSummary } from './contract.ts';
export { type Dashboard, dashboard } from './dashboard.ts';
export type { KoaContext } from './hosts.ts';
export type { Allowed, DashboardOptions } from './options.ts';
