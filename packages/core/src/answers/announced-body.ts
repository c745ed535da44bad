import type { RequestView } from '../request-view.ts';

/** Whether a request says that it has a body (RFC 9112 §6.3). */
export function announcesBody({ headers }: Pick<RequestView, 'headers'>): boolean {
  const length = headers['content-length'];
  return (length !== undefined && length !== '0') || headers['transfer-encoding'] !== undefined;
}
