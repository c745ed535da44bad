import { pathOf } from './path-of.ts';

/** Where an application is mounted in another. */
interface ApplicationMount {
  /** The part of the path that it does not see, as it came. */
  readonly base: string;
  /** As it was written. */
  readonly mount: string;
}

interface MountedApplication {
  readonly parent?: unknown;
  path?(): unknown;
}

const unmounted: ApplicationMount = { base: '', mount: '' };

/**
 * Where the routers of an application begin, in a `baseUrl` behind it. `undefined` where that cannot be told: Express keeps the last of
 * several mounts alone, and nothing of a router between two applications.
 */
export function applicationMount(application: object, baseUrl: string): ApplicationMount | undefined {
  const mounted = application as MountedApplication;
  if (mounted.parent === undefined) return unmounted;
  const mount = mounted.path?.();
  if (typeof mount !== 'string') return undefined;
  const base = pathOf(mount, '(?=/|$)').exec(baseUrl)?.[0];
  return base === undefined ? undefined : { base, mount };
}
