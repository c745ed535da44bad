/** Whether a `Content-Type` is JSON: `application/json`, or any type that ends in `+json` (RFC 6839 §3.1). */
export const isJson = (contentType: string | string[] | undefined): boolean =>
  typeof contentType === 'string' && json.test(contentType);

const json = /^\s*(?:(?:application|text)\/json|[^/;\s]+\/[^;\s]+\+json)\s*(?:;|$)/i;
