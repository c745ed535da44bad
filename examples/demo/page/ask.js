import { curl } from './curl.js';
import { readFallback } from './fallback-header.js';
import { eventsOf } from './sse.js';

/** Where the page reaches a host: through its own origin. */
export const prefixOf = (host) => (host === 'koa' ? '/koa' : '');

/**
 * Sends one question, as `curl` would, and takes the answer apart; `onToken` is given each token of a stream as it comes. Never
 * rejects. `to` says which host, at which `url` and `path`, and whether the answer is wanted token by token.
 */
export async function ask(to, question, onToken) {
  const began = performance.now();
  const since = () => performance.now() - began;
  try {
    const response = await fetch(`${prefixOf(to.host)}${to.path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: to.streamed ? 'text/event-stream' : 'application/json' },
      body: JSON.stringify({ question }),
    });
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    const said = isStream ? await readStream(response, since, onToken) : await readWhole(response);
    return { ms: since(), ...told(response, said), raw: rawOf(curl(to, question), response, said.text) };
  } catch {
    return { ms: since(), level: 'error', body: { error: 'No connection to the demo.' } };
  }
}

/** What headers and body say together. */
function told({ status, headers }, { body, isCut = false, firstMs }) {
  const { fallback_level, fallback_reason, circuit, age_seconds, provider } = body.metadata ?? {};
  const header = readFallback(headers);
  const retryAfter = headers.get('retry-after');
  const tagged = fallback_level ?? header.level;
  return {
    status,
    body,
    firstMs,
    provider,
    tagged,
    level: isCut ? 'cut' : (tagged ?? (status < 400 ? 'fresh' : 'error')),
    reason: fallback_reason ?? header.reason,
    circuit: circuit ?? header.circuit,
    age: age_seconds ?? header.age,
    retryAfter: retryAfter === null ? undefined : Number(retryAfter),
  };
}

async function readWhole(response) {
  const text = await response.text();
  try {
    const body = JSON.parse(text);
    return typeof body === 'object' && body !== null ? { text, body } : { text, body: { answer: text } };
  } catch {
    return { text, body: { error: text.slice(0, 400) } };
  }
}

/** An answer is whole when its last event says so. One of ours is the end of a broken stream, or with words of its own an answer. */
async function readStream(response, since, onToken) {
  let text = '';
  let answer = '';
  let firstMs;
  let last = { name: 'none', data: {} };
  const heard = (piece) => {
    text += piece;
  };
  try {
    for await (const event of eventsOf(response.body, heard)) {
      last = event;
      if (event.data.token === undefined) continue;
      firstMs ??= since();
      answer += event.data.token;
      onToken(event.data.token);
    }
  } catch {
    // the connection is gone: what came is not the whole
  }
  const isWhole = last.name === 'done' || (last.name === 'brownout' && answer === '');
  return { text, firstMs, isCut: !isWhole, body: answer === '' ? last.data : { ...last.data, answer } };
}

function rawOf(command, { status, statusText, headers }, text) {
  const shown = [...headers].map(([name, value]) => `${name}: ${value}`);
  return [`$ ${command}`, '', `HTTP/1.1 ${status} ${statusText}`, ...shown, '', text].join('\n');
}
