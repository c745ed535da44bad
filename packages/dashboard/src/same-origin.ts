import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a request cannot have been made by another site's page. A browser says so itself (Fetch Metadata), and no page can make it lie;
 * an older one names the origin, which is compared with the host that was asked. What is no browser says neither.
 */
export function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = headers;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === hostOf(headers));
}

/** HTTP/2 has a field of its own for it (RFC 9113 §8.3.1). */
function hostOf(headers: IncomingHttpHeaders): string | undefined {
  return (headers.host ?? (headers[':authority'] as string | undefined))?.toLowerCase();
}
