/** What a value takes besides its text, in UTF-16 code units: there may be many that are short. */
const PER_VALUE = 32;
const MOST = 262_144;

/** How much of a value is written, so that what a client sends holds nobody up. */
export class JsonRoom {
  #left = MOST;

  /** @throws RangeError when there is none left */
  take(length: number): void {
    this.#left -= PER_VALUE + length;
    if (this.#left < 0) throw tooLarge();
  }

  /** Asked before so many values are copied or sorted. @throws RangeError when there is no room for them */
  expect(values: number): void {
    if (values * PER_VALUE > this.#left) throw tooLarge();
  }
}

const tooLarge = () => new RangeError(`It is too large to be compared: at most ${MOST} characters are.`);

/**
 * A value as JSON with the members of objects in the order of their names, so that equal values have equal texts. Members that
 * are `undefined` are left out, as in JSON. `undefined` for `undefined` itself, and for a list with one among its items, since JSON
 * would make `null` of what is missing.
 *
 * @throws TypeError for what JSON would lose or confuse: a function, a symbol, a bigint, a number that is not finite, and an object that
 * is neither plain nor has a `toJSON`, since it may keep what it holds to itself (a `Map`, a promise); RangeError for a circle, and for
 * what has more than 262,144 characters, of which each value takes 32 besides its own
 */
export function canonicalJson(value: unknown, room = new JsonRoom()): string | undefined {
  room.take(typeof value === 'string' ? value.length : 0);
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
      return value === null ? 'null' : canonicalObject(value, room);
  }
  throw new TypeError(`Cannot write ${typeof value === 'number' ? String(value) : `a ${typeof value}`} as JSON.`);
}

function canonicalObject(value: object, room: JsonRoom): string | undefined {
  if (ArrayBuffer.isView(value)) room.expect(value.byteLength); // a `Buffer` makes a list of its bytes
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return canonicalJson(toJSON.call(value, ''), room);
  if (Array.isArray(value)) return canonicalList(value, room);
  if (!isPlain(value))
    throw new TypeError(`Cannot write ${shownClass(value)} as JSON: it is no plain object and has no \`toJSON\`.`);
  const members: string[] = [];
  const names = Object.keys(value);
  room.expect(names.length);
  for (const name of names.sort()) {
    const member = (value as Record<string, unknown>)[name];
    if (member === undefined) continue;
    room.take(name.length);
    const text = canonicalJson(member, room);
    if (text === undefined) return undefined;
    members.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${members.join()}}`;
}

function canonicalList(list: readonly unknown[], room: JsonRoom): string | undefined {
  const items: string[] = [];
  for (const item of list) {
    const text = canonicalJson(item, room);
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
