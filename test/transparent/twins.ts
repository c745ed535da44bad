import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import type { Host, Placement } from './hosts.ts';
import { Journal } from './journal.ts';

/** One application, to be run with and without a breaker. */
export interface Trial<App, Middleware> {
  build(app: App, place: Placement<Middleware>, journal: Journal): void;
  client(port: number, journal: Journal): Promise<unknown>;
  /** What the run without a breaker must have in it: else it shows nothing. */
  shows: RegExp;
  server?(listener: RequestListener): Server;
}

/** What a client and the server see of one application. */
async function run<App, Middleware>(
  host: Host<App, Middleware>,
  place: Placement<Middleware>,
  { build, client, server: make = createServer }: Trial<App, Middleware>,
): Promise<object> {
  const journal = new Journal();
  const app = host.create();
  build(app, place, journal);
  const listener = host.listener(app);
  const server = make((req, res) => {
    journal.open(req, res);
    listener(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const seen = await client((server.address() as AddressInfo).port, journal);
    return { seen, ...(await journal.read()) };
  } finally {
    server.closeAllConnections?.();
    server.close();
  }
}

/** Runs the same application without a breaker and with one in each place, and expects no difference. */
export async function compare<App, Middleware>(
  host: Host<App, Middleware>,
  trial: Trial<App, Middleware>,
  places: readonly Placement<Middleware>[] = host.placements,
): Promise<void> {
  const runs = places.map(async (place) => ({ place: place.name, ...(await run(host, place, trial)) }));
  const bare = await run(host, host.bare, trial);
  expect(JSON.stringify(bare)).toMatch(trial.shows);
  for (const guarded of await Promise.all(runs)) expect(guarded).toEqual({ place: guarded.place, ...bare });
}
