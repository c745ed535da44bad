import { createHash } from 'node:crypto';

/**
 * What cannot be a segment of a path as it is: browsers and proxies resolve dots, encoded ones too (WHATWG URL), and proxies merge
 * slashes; and the mark of the others.
 */
const awkward = /^~|(?:^|[/\\])\.{1,2}(?:[/\\]|$)|[/\\]{2}/;
/** A longer one might not fit into a request line. */
const longest = 300;

/** The address of a circuit, relative to the dashboard's own: its name, or what stands for a name that cannot be one. */
export function hrefOf(name: string): string {
  const isPlain = name.length <= longest && !awkward.test(name);
  return `circuits/${isPlain ? encodeURIComponent(name) : `~${createHash('sha256').update(name).digest('base64url')}`}`;
}
