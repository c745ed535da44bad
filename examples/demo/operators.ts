import type { IncomingMessage } from 'node:http';
import { type Dashboard, dashboard } from '@brownout/dashboard';
import type { Brownout } from '@brownout/express';

/** A dashboard of one application's circuits, at `/brownout`. Who sits at this machine may change them; in earnest, who has logged in for it. */
export function createDashboard(brownout: Brownout): Dashboard {
  const authorize = (asked: Asked) => isFromHere('req' in asked ? asked.req : asked) && { by: 'this machine' };
  return dashboard({ brownout, path: '/brownout', authorize });
}

/** What Express hands to its handlers, and Koa. */
type Asked = IncomingMessage | { readonly req: IncomingMessage };

/** The name that was asked for is looked at as well: the page of another site can have its own name lead to this machine (DNS rebinding). */
function isFromHere({ socket, headers }: IncomingMessage): boolean {
  const isLocal = /^(?:::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '');
  return isLocal && /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(headers.host ?? '');
}
