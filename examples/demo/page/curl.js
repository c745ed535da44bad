/** The `curl` line that sends the same request. */
export function curl({ url, path, streamed }, question) {
  const body = JSON.stringify({ question }).replaceAll("'", `'\\''`);
  const accept = streamed ? ` -H 'Accept: text/event-stream'` : '';
  return `curl ${streamed ? '-iN' : '-i'} ${url}${path}${accept} -H 'Content-Type: application/json' -d '${body}'`;
}
