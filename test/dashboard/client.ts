import { request } from 'node:http';
import { createBrownout } from '@brownout/core';
import type { DashboardOptions } from '@brownout/dashboard';

export const at = '/ops/brownout';

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever came, to be compared
  readonly json: any;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array | undefined;
}

/** Asks for a path exactly as it is written: `fetch` would resolve dots, and set headers of its own. */
export function ask(url: string, path: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(new URL(url), { path: `${at}${path}`, method, headers }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = /json/.test(res.headers['content-type'] ?? '');
        resolve({
          status: res.statusCode!,
          headers: res.headers,
          text,
          json: isJson && text ? JSON.parse(text) : undefined,
        });
      });
      res.on('error', reject);
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

/** A change as the page asks for it. */
export function change(
  url: string,
  path: string,
  body: unknown,
  method = 'POST',
  headers: Record<string, string> = {},
) {
  return ask(url, path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** A set of circuits, one of which is open. */
export function outage() {
  const brownout = createBrownout({ jitter: 0 });
  const ask = brownout.circuit('POST /ask', { failureThreshold: 1 });
  const search = brownout.circuit('search');
  const permit = ask.admit();
  if (permit.admitted) permit.failure(12);
  return { brownout, ask, search };
}

export const everybody: DashboardOptions = { authorize: () => ({ by: 'ada' }) };
