interface Sent {
  readonly method?: string;
  readonly body?: object;
  /** Whether the answer is wanted as server-sent events, and shown as they come. */
  readonly streamed?: boolean;
}

/** The `curl` line that sends the same request: for a POSIX shell, to be copied as it stands. */
export function curl(url: string, { method, body, streamed = false }: Sent = {}): string {
  const verb = method && method !== 'POST' ? `-X ${method} ` : '';
  const accept = streamed ? ` -H 'Accept: text/event-stream'` : '';
  const data = body ? ` -H 'Content-Type: application/json' -d ${quote(JSON.stringify(body))}` : '';
  return `curl ${streamed ? '-iN' : '-i'} ${verb}${url}${accept}${data}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
