/** Sends one question to a host, as `curl` would, and takes the answer apart. Never rejects. */
export async function ask(host, url, question) {
  const began = performance.now();
  try {
    const response = await fetch(host === 'express' ? '/ask' : '/koa/ask', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ question }),
    });
    const text = await response.text();
    return { host, ms: performance.now() - began, ...read(response, text, curl(url, question)) };
  } catch {
    return { host, ms: performance.now() - began, level: 'error', body: { error: 'No connection to the demo.' } };
  }
}

function read({ status, statusText, headers }, text, command) {
  const body = parse(text);
  const metadata = body.metadata ?? {};
  const retryAfter = headers.get('retry-after');
  return {
    status,
    body,
    level: metadata.fallback_level ?? (status < 400 ? 'fresh' : 'error'),
    reason: metadata.fallback_reason,
    circuit: metadata.circuit,
    age: metadata.age_seconds,
    retryAfter: retryAfter === null ? undefined : Number(retryAfter),
    raw: rawOf(command, status, statusText, headers, body, text),
  };
}

function parse(text) {
  try {
    const body = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : { answer: text };
  } catch {
    return { error: text.slice(0, 400) };
  }
}

function rawOf(command, status, statusText, headers, body, text) {
  const shown = [...headers].map(([name, value]) => `${name}: ${value}`);
  const content = headers.get('content-type')?.includes('json') ? JSON.stringify(body, undefined, 2) : text;
  return [`$ ${command}`, '', `HTTP/1.1 ${status} ${statusText}`, ...shown, '', content].join('\n');
}

/** The `curl` line that sends the same request. */
export function curl(url, question) {
  const body = JSON.stringify({ question }).replaceAll("'", `'\\''`);
  return `curl -i ${url}/ask -H 'Content-Type: application/json' -d '${body}'`;
}
