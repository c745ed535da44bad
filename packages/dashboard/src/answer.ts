import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** A whole answer, whatever the host. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** An answer that goes on: who begins it has the response for itself, or is given another answer to send in its place. */
export interface OpenAnswer {
  readonly begin: (res: ServerResponse) => WholeAnswer | undefined;
}

export type Answer = WholeAnswer | OpenAnswer;

const everywhere = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** The headers of every answer, and these. */
export const headersWith = <H extends OutgoingHttpHeaders>(own: H): typeof everywhere & H => ({
  ...everywhere,
  ...own,
});

export function json(body: unknown, status = 200, type = 'application/json'): WholeAnswer {
  return { status, headers: headersWith({ 'content-type': `${type}; charset=utf-8` }), body: JSON.stringify(body) };
}

const titles = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;

/** Problem details (RFC 9457). */
export function problem(
  status: keyof typeof titles,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): WholeAnswer {
  const body = { type: 'about:blank', title: titles[status], status, detail };
  const answer = json(body, status, 'application/problem+json');
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** Takes away what middleware outside has put there for the application's own answers: other origins have no business here. */
export function keepToOneOrigin(res: ServerResponse): void {
  for (const name of res.getHeaderNames()) if (name.startsWith('access-control-')) res.removeHeader(name);
}
