import type { ServerResponse } from 'node:http';
import type { Asked } from './upstream.ts';
import { errorBody, failedEvent, flatErrorEvent, streamWords, wholeBody } from './wire.ts';

type Script = (res: ServerResponse, asked: Asked) => void | Promise<void>;

const answer = (res: ServerResponse, status: number, body: object | string, headers: Record<string, string> = {}) => {
  res.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_1', ...headers });
  res.end(typeof body === 'string' ? body : JSON.stringify(body));
};

/** Answers with an error: with a body like OpenAI's. */
const refuse =
  (status: number, type: string, code: string | null = null, headers: Record<string, string> = {}): Script =>
  (res) =>
    answer(res, status, errorBody(`The script says ${status}.`, type, code), headers);

const html = '<html><body><h1>502 Bad Gateway</h1></body></html>';
const hold = () => {};

/** Begins a stream of two tokens; what follows is the case. */
const begin = (res: ServerResponse, { api }: Asked) => {
  const { opening, token } = streamWords[api];
  res.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'req_1' });
  res.write(opening + token('Nine ') + token('million.'));
};

const streaming =
  (then: (res: ServerResponse, asked: Asked) => void): Script =>
  (res, asked) => {
    begin(res, asked);
    then(res, asked);
  };

/** What an upstream may do to a call. */
export const scripts = {
  ok: (res, asked) => {
    if (!asked.stream) return answer(res, 200, wholeBody(asked.api, 'Nine million.'));
    begin(res, asked);
    res.end(streamWords[asked.api].ending);
  },
  'rate limit': refuse(429, 'requests', 'rate_limit_exceeded'),
  'rate limit, with a time': refuse(429, 'requests', 'rate_limit_exceeded', { 'retry-after': '7' }),
  'insufficient quota': refuse(429, 'insufficient_quota', 'insufficient_quota'),
  'bad key': refuse(401, 'invalid_request_error', 'invalid_api_key'),
  'not allowed': refuse(403, 'invalid_request_error', 'unsupported_country_region_territory'),
  'bad request': refuse(400, 'invalid_request_error', 'invalid_type'),
  'context too long': refuse(400, 'invalid_request_error', 'context_length_exceeded'),
  'no such model': refuse(404, 'invalid_request_error', 'model_not_found'),
  'not processable': refuse(422, 'invalid_request_error'),
  'request timeout': refuse(408, 'timeout'),
  'server error': refuse(500, 'server_error'),
  'unavailable, with a time': refuse(503, 'server_error', null, { 'retry-after': '7' }),
  overloaded: refuse(529, 'overloaded_error'),
  'HTML, 502': (res) => answer(res, 502, html, { 'content-type': 'text/html' }),
  'HTML, 200': (res) => answer(res, 200, html, { 'content-type': 'text/html' }),
  'HTML, 200, called JSON': (res) => answer(res, 200, html),
  'error, 200': (res) => answer(res, 200, errorBody('Something is wrong.', 'server_error')),
  'slow headers': hold,
  'connection reset': (res) => void res.socket!.resetAndDestroy(),
  'body cut': (res, { api }) => {
    const body = JSON.stringify(wholeBody(api, 'Nine million.'));
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    res.write(body.slice(0, 40), () => res.destroy());
  },
  'stream cut': streaming((res) => setTimeout(() => res.destroy(), 20)),
  'stream without an end': streaming((res) => res.end()),
  'stream stalls': streaming(hold),
  'stream of keep-alives': streaming((res) => keepAlive(res)),
  'keep-alives alone': (res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    keepAlive(res);
  },
  'opening alone': (res, { api }) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' }).write(streamWords[api].opening);
  },
  'error in a stream': streaming((res, { api }) => res.end(failedEvent(api, 'server_error', 'It broke.'))),
  'rate limit in a stream': streaming((res, { api }) => res.end(failedEvent(api, 'rate_limit_exceeded', 'Too many.'))),
  'flat error in a stream': streaming((res) => res.end(flatErrorEvent('server_error', 'It broke.'))),
  'broken JSON in a stream': streaming((res) => res.end('data: {"choices":[{"delta":{"content":"Un\n\n')),
} satisfies Record<string, Script>;

export type CaseName = keyof typeof scripts;

/** Comments, until the client has left. */
function keepAlive(res: ServerResponse): void {
  const timer = setInterval(() => res.write(': keep-alive\n\n'), 10);
  res.on('close', () => clearInterval(timer));
}
