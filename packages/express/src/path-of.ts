/** Matches the paths that a mount may have come as. */
export function pathOf(mount: string, end = '$'): RegExp {
  const source = mount
    .split(/([:*][\w$]+)/)
    .map((part) => (part[0] === ':' ? '[^/]+' : part[0] === '*' ? '.+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
  return new RegExp(`^${source}${end}`, 'i');
}
