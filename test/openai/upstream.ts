import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { type CaseName, scripts } from './scripts.ts';
import type { Api } from './wire.ts';

/** What a script is told of the call that it answers. */
export interface Asked {
  readonly api: Api;
  readonly stream: boolean;
}

/** An upstream that does what the model's name says, or what `current` does: each is a script, see `scripts.ts`. */
export function scriptedUpstream(current?: () => CaseName): Server {
  return createServer((req, res) => {
    serve(req, res, current?.()).catch(() => res.destroy());
  });
}

async function serve(req: IncomingMessage, res: ServerResponse, current: CaseName | undefined): Promise<void> {
  const { model, stream = false } = (await json(req)) as { model: CaseName; stream?: boolean };
  await scripts[current ?? model](res, { api: req.url === '/v1/responses' ? 'responses' : 'chat', stream });
}
