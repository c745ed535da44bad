/** The forms that a degraded answer can take. */
export type AnswerForm = 'json' | 'html' | 'text' | 'sse';

/** How well a form is wanted. `exactness`: 0 any type, 1 `type/*`, 2 the type with parameters, 3 the type alone. */
interface Wish {
  exactness: number;
  weight: number;
  position: number;
}

const forms: readonly AnswerForm[] = ['json', 'html', 'text', 'sse'];
/** Node's own limit for all headers together is 16 KiB; hosts may have raised it. */
const MOST_CHARACTERS = 8192;

/**
 * Which form the client's `Accept` prefers (RFC 9110 §12.5.1): the greatest weight; among equals what it names over what a
 * wildcard covers, then what it names first, then JSON, HTML, text, SSE. `application/problem+json` and all other types ending
 * in `+json` count as JSON. Without the header, or when it has nothing that we have: JSON. Malformed parts are passed over;
 * beyond 8192 characters nothing is read.
 */
export function negotiate(accept: string | readonly string[] | undefined): AnswerForm {
  if (accept === undefined || accept === '*/*') return 'json';
  const header = typeof accept === 'string' ? accept : accept.join(',');
  const wishes = readWishes(header.slice(0, MOST_CHARACTERS));
  let best: AnswerForm = 'json';
  let bestWish: Wish | undefined;
  for (const form of forms) {
    const wish = wishes[form];
    if (wish && wish.weight > 0 && (bestWish === undefined || outdoes(wish, bestWish))) {
      best = form;
      bestWish = wish;
    }
  }
  return best;
}

function outdoes(a: Wish, b: Wish): boolean {
  if (a.weight !== b.weight) return a.weight > b.weight;
  const named = Math.min(a.exactness, 2) - Math.min(b.exactness, 2);
  return named !== 0 ? named > 0 : a.position < b.position;
}

function readWishes(header: string): Partial<Record<AnswerForm, Wish>> {
  const wishes: Partial<Record<AnswerForm, Wish>> = {};
  // A quoted parameter may hold commas and semicolons.
  const ranges = header.includes('"') ? (header.match(/(?:[^,"]|"(?:\\.|[^"\\])*"?)+/g) ?? []) : header.split(',');
  for (let position = 0; position < ranges.length; position++) {
    const range = ranges[position]!;
    const semicolon = range.indexOf(';');
    const type = (semicolon < 0 ? range : range.slice(0, semicolon)).trim().toLowerCase();
    const parameters = semicolon < 0 ? '' : range.slice(semicolon);
    const plain = parameters === '' || /^;\s*q\s*=/i.test(parameters);
    const weight = parameters === '' ? 1 : readWeight(parameters);
    const wish = (form: AnswerForm, exactness: number) => {
      const before = wishes[form];
      const closer = exactness - (before?.exactness ?? -1);
      if (closer > 0 || (closer === 0 && weight > before!.weight)) wishes[form] = { exactness, weight, position };
    };
    if (type === '*/*') for (const form of forms) wish(form, 0);
    else if (type === 'application/*') wish('json', 1);
    else if (type === 'text/*') for (const form of ['html', 'text', 'sse'] as const) wish(form, 1);
    else {
      const form = formOf(type);
      if (form) wish(form, plain ? 3 : 2);
    }
  }
  return wishes;
}

function formOf(type: string): AnswerForm | undefined {
  if (type === 'application/json' || /^application\/[^\s/]+\+json$/.test(type)) return 'json';
  if (type === 'text/html') return 'html';
  if (type === 'text/plain') return 'text';
  return type === 'text/event-stream' ? 'sse' : undefined;
}

/** The weight of a range; 1 where it has none or one that cannot be read. */
function readWeight(parameters: string): number {
  const unquoted = parameters.includes('"') ? parameters.replace(/"(?:\\.|[^"\\])*"?/g, '') : parameters;
  const digits = /;\s*q\s*=\s*(\d+(?:\.\d*)?|\.\d+)\s*(?:;|$)/i.exec(unquoted)?.[1];
  return digits === undefined ? 1 : Math.min(1, Number(digits));
}
