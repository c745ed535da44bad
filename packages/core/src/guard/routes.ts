import { pathToRegexp } from 'path-to-regexp';
import { OptionsError } from '../errors.ts';
import { shown } from '../options.ts';

/** A row's key is `POST /ask`, or `/ask` for every method. */
const rowKey = /^(?:([A-Z-]+) +)?(\/.*)$/;

/** The table of `routes`: which row a request falls under. The first that matches counts, in the order written. */
export class RouteTable<Row> {
  readonly #rows: { method: string | undefined; path: RegExp; row: Row }[] = [];

  /** @throws OptionsError for a key that is no pattern */
  add(key: string, row: Row): void {
    const parts = rowKey.exec(key);
    const path = parts?.[2] === undefined ? undefined : compiledPattern(parts[2]);
    if (path === undefined) {
      throw new OptionsError(
        `Expected each key of \`routes\` to be a method and a pattern, such as \`POST /ask/:id\`, got ${shown(key)}.`,
      );
    }
    this.#rows.push({ method: parts?.[1], path, row });
  }

  find(method: string, path: string): Row | undefined {
    for (const { method: own, path: pattern, row } of this.#rows) {
      if ((own === undefined || own === method || (own === 'GET' && method === 'HEAD')) && pattern.test(path))
        return row;
    }
    return undefined;
  }
}

/** As Express and @koa/router match by default: any case, a trailing slash allowed. */
export function compiledPattern(pattern: string): RegExp | undefined {
  try {
    return pathToRegexp(pattern, { trailing: true }).regexp;
  } catch {
    return undefined; // Express 4's `*` and groups: not this grammar
  }
}
