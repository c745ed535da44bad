import { circuitBench } from './circuit.ts';
import { routesBench } from './routes.ts';

await circuitBench();
await routesBench();
