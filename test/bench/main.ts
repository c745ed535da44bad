import { circuitBench } from './circuit.ts';
import { excerptsBench } from './excerpts.ts';
import { metricsBench } from './metrics.ts';
import { queueBench } from './queue.ts';
import { routesBench } from './routes.ts';

await circuitBench();
await metricsBench();
await routesBench();
await queueBench();
excerptsBench();
