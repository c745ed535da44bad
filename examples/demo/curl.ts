/** The `curl` line that sends the same request: for a POSIX shell, to be copied as it stands. */
export function curl(url: string, { method, body }: { method?: string; body?: object } = {}): string {
  const verb = method && method !== 'POST' ? `-X ${method} ` : '';
  const data = body ? ` -H 'Content-Type: application/json' -d ${quote(JSON.stringify(body))}` : '';
  return `curl -i ${verb}${url}${data}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
