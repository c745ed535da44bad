/**
 * Whether `If-None-Match` names this entity tag, by weak comparison (RFC 9110 §8.8.3.2, §13.1.2). `*` names none: it is a
 * condition for writing.
 */
export function namesEntityTag(
  ifNoneMatch: string | string[] | undefined,
  etag: string | string[] | undefined,
): boolean {
  if (ifNoneMatch === undefined || typeof etag !== 'string') return false;
  const opaque = etag.replace(/^W\//, '');
  for (const [, tag] of String(ifNoneMatch).matchAll(/(?:W\/)?("[^"]*")/g)) if (tag === opaque) return true;
  return false;
}

/** Whether an entity tag is strong: good for one sequence of bytes only (RFC 9110 §8.8.1). */
export const isStrong = (etag: string | string[]): boolean => !String(etag).startsWith('W/');
