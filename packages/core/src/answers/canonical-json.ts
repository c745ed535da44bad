/**
 * A value as JSON with the members of objects in the order of their names, so that equal values have equal texts. Members that
 * are `undefined` are left out, as in JSON. `undefined` for `undefined` itself, and for a list with one among its items, since JSON
 * would make `null` of what is missing.
 *
 * @throws TypeError for what JSON would lose or confuse: a function, a symbol, a bigint, a number that is not finite, and an object that
 * is neither plain nor has a `toJSON`, since it may keep what it holds to itself (a `Map`, a promise); RangeError for a circle
 */
export function canonicalJson(value: unknown): string | undefined {
  switch (typeof value) {
    case 'undefined':
      return undefined;
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

function canonicalObject(value: object): string | undefined {
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return canonicalJson(toJSON.call(value, ''));
  if (Array.isArray(value)) return canonicalList(value);
  if (!isPlain(value))
    throw new TypeError(`Cannot write ${shownClass(value)} as JSON: it is no plain object and has no \`toJSON\`.`);
  const members: string[] = [];
  for (const name of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[name];
    if (member === undefined) continue;
    const text = canonicalJson(member);
    if (text === undefined) return undefined;
    members.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${members.join()}}`;
}

function canonicalList(list: readonly unknown[]): string | undefined {
  const items: string[] = [];
  for (const item of list) {
    const text = canonicalJson(item);
    if (text === undefined) return undefined;
    items.push(text);
  }
  return `[${items.join()}]`;
}

/** Plain in any realm: test runners have a realm of their own for each file. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function shownClass(value: object): string {
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === 'string' && name !== '' ? `an instance of \`${name}\`` : 'an instance of a class';
}
