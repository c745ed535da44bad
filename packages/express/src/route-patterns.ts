import type { Registration } from './host-routes.ts';
import { pathOf } from './path-of.ts';

/** A registration under one mount. */
interface Sighting {
  /** With the names of parameters in it. */
  readonly mount: string;
  readonly mountPath: RegExp;
  readonly pattern: string;
}

/** A mount that is a regular expression comes as any number of paths: after so many they are taken for one. */
const mostMounts = 32;

/** What has been seen of a route's registration. A router that is mounted twice has its registrations under two mounts. */
const sightings = new WeakMap<Registration, Sighting[]>();

/** The patterns that a registration is known by, under each of its mounts. */
export function patternsOf(registration: Registration): readonly Pick<Sighting, 'pattern'>[] {
  return sightings.get(registration) ?? [];
}

/** The whole pattern of a route whose mount came as `base`, where that has been seen. */
export function patternAt(registration: Registration, base: string): string | undefined {
  return sightings.get(registration)?.find(({ mountPath }) => mountPath.test(base))?.pattern;
}

/** The whole pattern of a route under a mount. */
export function patternUnder(registration: Registration, mount: string): string {
  const seen = sightings.get(registration) ?? [];
  const before = seen.find((sighting) => sighting.mount.toLowerCase() === mount.toLowerCase());
  if (before !== undefined) return before.pattern;
  if (seen.length >= mostMounts) return seen[0]!.pattern;
  const pattern = mount + written(registration.path) || '/';
  sightings.set(registration, [...seen, { mount, mountPath: pathOf(mount), pattern }]);
  return pattern;
}

/** What the user wrote; a regular expression is no path, and must not be read as one. */
function written(path: unknown): string {
  if (Array.isArray(path)) return path.map(written).join(', ');
  if (path instanceof RegExp) return `RegExp(${path})`;
  return path === '/' ? '' : String(path);
}
