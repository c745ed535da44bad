/**
 * A value as JSON with the members of objects in the order of their names, so that equal values have equal texts. Members that
 * are `undefined` are left out, as in JSON.
 *
 * @throws TypeError for what JSON would lose or confuse: a function, a symbol, a bigint, a number that is not finite, and an object
 * that keeps what it holds to itself (a `Map`, a promise); RangeError for a circle
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (Number.isFinite(value)) return JSON.stringify(value);
      break;
    case 'object':
      return value === null ? 'null' : canonicalObject(value);
  }
  throw new TypeError(`Cannot write ${typeof value === 'number' ? String(value) : `a ${typeof value}`} as JSON.`);
}

function canonicalObject(value: object): string {
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return canonicalJson(toJSON.call(value, ''));
  if (Array.isArray(value))
    return `[${value.map((item: unknown) => (item === undefined ? 'null' : canonicalJson(item))).join()}]`;
  const members: string[] = [];
  const names = Object.keys(value).sort();
  if (names.length === 0 && !isPlain(value))
    throw new TypeError('Cannot write an object without members of its own as JSON.');
  for (const name of names) {
    const member = (value as Record<string, unknown>)[name];
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${canonicalJson(member)}`);
  }
  return `{${members.join()}}`;
}

/** Plain in any realm: test runners have a realm of their own for each file. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
